/** What it may be: candidates with their intervals, why, against what, and what to ask next. */

import { useState } from "preact/hooks";
import { Button } from "../../parts/button";
import { Select } from "../../parts/field";
import { useSession } from "../context";
import type { Candidate, Differential } from "../types";
import { entityName, findingName, percent } from "../words";
import { Compare } from "./compare";
import { Weights } from "./weights";

const FIRST = 6;

export function DifferentialPanel() {
  const session = useSession();
  const [subject, setSubject] = useState("patient");
  const kept = session.differentials.value;
  const shown = kept.find((one) => one.subject === subject) ?? kept[0];
  const supposed = session.supposed.value?.find((one) => one.subject === shown?.subject) ?? null;
  if (!shown) return <p class="quiet">Nothing was ranked.</p>;
  return (
    <div class="differential">
      {kept.length > 1 && (
        <Select label="Of" value={shown.subject} onChange={(event) => setSubject(event.currentTarget.value)}>
          {kept.map((one) => <option key={one.subject} value={one.subject}>{one.subject === "patient" ? "The patient" : capital(session.subjectName(one.subject))}</option>)}
        </Select>
      )}
      {supposed && <p class="whatif whatif-on" role="status"><span><strong>What if</strong>: not kept. The dotted mark is the ranking as kept.</span><Button size="s" onClick={() => session.endSupposing()}>End</Button></p>}
      {(supposed ?? shown).reason ? <p>No ranking: {(supposed ?? shown).reason}.</p> : <Ranking differential={supposed ?? shown} kept={supposed ? shown : null} />}
      <Alerts differential={supposed ?? shown} />
      <Next differential={supposed ?? shown} />
      <Compare differential={supposed ?? shown} />
      <Beyond differential={supposed ?? shown} />
    </div>
  );
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function Ranking({ differential, kept }: { differential: Differential; kept: Differential | null }) {
  const session = useSession();
  const [all, setAll] = useState(false);
  const [open, setOpen] = useState<string | null>(null);
  const before = new Map(kept?.candidates.map((one) => [one.entity, one.probability]));
  const ranked = [...differential.candidates].sort((a, b) => b.probability - a.probability);
  const none = ranked.find((one) => one.entity === "none_of_these");
  const first = ranked.slice(0, FIRST);
  const shown = all ? ranked : none && !first.includes(none) ? [...first, none] : first;
  return (
    <section aria-label="Ranking">
      <ol class="ranking">
        {shown.map((candidate) => (
          <li key={candidate.entity} data-entity={candidate.entity}>
            <Bar candidate={candidate} before={before.get(candidate.entity)} open={open === candidate.entity}
              onOpen={() => setOpen(open === candidate.entity ? null : candidate.entity)} />
            {open === candidate.entity && <Weights differential={differential} entity={candidate.entity} />}
          </li>
        ))}
      </ol>
      {ranked.length > shown.length && <button type="button" class="link small" onClick={() => setAll(true)}>All {ranked.length}</button>}
      {all && <button type="button" class="link small" onClick={() => setAll(false)}>Fewer</button>}
      <p class="small faint">Bar: probability; line: 90 % interval. {differential.unused.length > 0 && `Known and moved nothing: ${differential.unused.map((code) => findingName(session.words.value, code)).join(", ")}.`}</p>
    </section>
  );
}

function Bar({ candidate, before, open, onOpen }: { candidate: Candidate; before: number | undefined; open: boolean; onOpen: () => void }) {
  const session = useSession();
  const name = entityName(session.words.value, candidate.entity);
  const [low, high] = candidate.interval;
  const share = (value: number): string => `${(value * 100).toFixed(1)}%`;
  return (
    <button type="button" class="candidate" aria-expanded={open} onClick={onOpen} title="Weights for and against">
      <span class="candidate-name">{name}</span>
      <span class="candidate-share number">{percent(candidate.probability)}<small class="quiet">{percent(low)} to {percent(high)}</small></span>
      <span class="bar-track" aria-hidden="true">
        <span class="bar-fill" style={{ width: share(candidate.probability) }} />
        <span class="bar-line" style={{ left: share(low), width: share(Math.max(0, high - low)) }} />
        {before !== undefined && <span class="bar-before" style={{ left: share(before) }} />}
      </span>
    </button>
  );
}

function Alerts({ differential }: { differential: Differential }) {
  if (differential.alerts.length === 0) return null;
  return (
    <section><h3>To keep in mind</h3>
      <ul class="notes">{[...differential.alerts].sort((a, b) => a.urgency - b.urgency).map((alert) => <li key={alert.code + (alert.entity ?? "")}>{alert.message}</li>)}</ul>
    </section>
  );
}

function Next({ differential }: { differential: Differential }) {
  const session = useSession();
  if (differential.ask_next.length === 0) return null;
  const most = Math.max(...differential.ask_next.map((one) => one.expected_information_bits));
  return (
    <section><h3>What to ask next</h3>
      <ul class="asks">
        {differential.ask_next.map((one) => (
          <li key={one.finding}>
            <span>{findingName(session.words.value, one.finding)} <small class="quiet">{one.how}</small></span>
            <span class="ask-track" title={`${one.expected_information_bits.toFixed(2)} bits expected`}><span style={{ width: `${(one.expected_information_bits / most) * 100}%` }} /></span>
            <span class="number small quiet">{one.expected_information_bits.toFixed(2)} bits</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Beyond({ differential }: { differential: Differential }) {
  const session = useSession();
  const title = (key: string): string => session.words.value[`title.${key}`] ?? key;
  return (
    <>
      {differential.outlook.length > 0 && (
        <section><h3>Beyond the name</h3>
          <ul class="notes">{differential.outlook.map((one) => (
            <li key={one.statement}>{one.statement}
              {one.reasons.length > 0 && <small class="quiet"> {one.reasons.join("; ")}</small>}
              {one.counts.map(([n, of, source]) => <small key={source} class="source">[{n} of {of}, {title(source)}]</small>)}
            </li>
          ))}</ul>
        </section>
      )}
      {differential.notes.length > 0 && <details><summary>Notes on the ranking</summary><ul class="notes small">{differential.notes.map((note) => <li key={note}>{note}</li>)}</ul></details>}
    </>
  );
}
