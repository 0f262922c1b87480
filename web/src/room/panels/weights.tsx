/** What each finding says for and against one entity, with the published counts behind it and the part that is judgement. */

import { useSession } from "../context";
import type { Differential, Evidence } from "../types";
import { entityName, findingName, sourceName, stateName } from "../words";

/** A natural logarithm of odds as a factor: "×2.4" for, "÷1.7" against. */
export const factor = (weight: number): string => {
  const times = Math.exp(Math.abs(weight));
  const text = times >= 10 ? times.toFixed(0) : times.toFixed(1);
  return weight >= 0 ? `×${text}` : `÷${text}`;
};

export function Weights({ differential, entity }: { differential: Differential; entity: string }) {
  const session = useSession();
  const own = differential.evidence.filter((one) => one.entity === entity).sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight));
  const most = Math.max(0.1, ...own.map((one) => Math.abs(one.weight)));
  const prior = differential.prior[entity];
  const side = (title: string, rows: Evidence[]) => rows.length > 0 && (
    <><h4>{title}</h4><ul class="weights">{rows.map((one) => <Weight key={one.finding} evidence={one} most={most} subject={differential.subject} />)}</ul></>
  );
  return (
    <div class="weigh">
      <p class="small quiet">
        {prior !== undefined && `Before any sign: ${(prior * 100).toPrecision(2)} %. `}
        {entity !== "none_of_these" && <a href={`/atlas/${entity}`}>Article: {entityName(session.words.value, entity)}</a>}
      </p>
      {own.length === 0 && <p class="small quiet">No sign moved it by itself enough to be listed.</p>}
      {side("For", own.filter((one) => one.weight > 0))}
      {side("Against", own.filter((one) => one.weight < 0))}
    </div>
  );
}

function Weight({ evidence, most, subject }: { evidence: Evidence; most: number; subject: string }) {
  const session = useSession();
  const words = session.words.value;
  const finding = session.findings.value.find((one) => one.code === evidence.finding && (one.subject === subject || subject === "patient" && one.where));
  const judged = evidence.weight === 0 ? 0 : evidence.judged / evidence.weight;
  const name = `${findingName(words, evidence.finding)}: ${stateName(words, evidence.state)}`;
  return (
    <li>
      {finding?.where
        ? <button type="button" class="link weight-name" onClick={() => session.stage.goTo(finding.where!)}>{name}</button>
        : <span class="weight-name">{name}</span>}
      <span class={`weight-track ${evidence.weight > 0 ? "weight-for" : "weight-against"}`} aria-hidden="true"><span style={{ width: `${(Math.abs(evidence.weight) / most) * 100}%` }} /></span>
      <span class="number">{factor(evidence.weight)}</span>
      <small class="weight-why quiet">
        {evidence.counts.map(([n, of, source]) => <span key={source} class="source">[{n} of {of}, {sourceName(words, source)}]</span>)}
        {judged > 0.01 && <span class="judged">{judged > 0.99 ? "judgement alone" : `${Math.round(Math.min(1, judged) * 100)} % judgement`}</span>}
      </small>
    </li>
  );
}
