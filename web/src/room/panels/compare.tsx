/** Two entities against each other: by how much each finding speaks for the one rather than the other. */

import { useState } from "preact/hooks";
import { Select } from "../../parts/field";
import { useSession } from "../context";
import type { Differential, Evidence } from "../types";
import { entityName, findingName, stateName } from "../words";
import { factor } from "./weights";

export interface Balance {
  readonly finding: string;
  readonly state: string;
  readonly weight: number;
}

/** The difference of what each finding says for two entities, largest first. */
export function balance(evidence: readonly Evidence[], one: string, other: string): Balance[] {
  const by = new Map<string, Balance>();
  for (const { entity, finding, state, weight } of evidence) {
    if (entity !== one && entity !== other) continue;
    const before = by.get(finding)?.weight ?? 0;
    by.set(finding, { finding, state, weight: before + (entity === one ? weight : -weight) });
  }
  return [...by.values()].sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight));
}

export function Compare({ differential }: { differential: Differential }) {
  const session = useSession();
  const words = session.words.value;
  const told = new Set(differential.evidence.map((one) => one.entity));
  const ranked = [...differential.candidates].sort((a, b) => b.probability - a.probability).map((one) => one.entity).filter((code) => told.has(code));
  const [one, setOne] = useState<string | null>(null);
  const [other, setOther] = useState<string | null>(null);
  const a = one !== null && told.has(one) ? one : ranked[0];
  const b = other !== null && told.has(other) ? other : ranked.find((code) => code !== a);
  if (a === undefined || b === undefined) return null;
  const rows = balance(differential.evidence, a, b);
  const most = Math.max(0.1, ...rows.map((row) => Math.abs(row.weight)));
  const choice = (label: string, value: string, set: (code: string) => void) => (
    <Select label={label} value={value} onChange={(event) => set(event.currentTarget.value)}>
      {ranked.map((code) => <option key={code} value={code}>{entityName(words, code)}</option>)}
    </Select>
  );
  return (
    <details class="compare">
      <summary>Compare two</summary>
      <div class="compare-choice">{choice("This", a, setOne)}{choice("Rather than", b, setOther)}</div>
      <ul class="weights">
        {rows.map((row) => (
          <li key={row.finding}>
            <span class="weight-name">{findingName(words, row.finding)}: {stateName(words, row.state)}</span>
            <span class={`weight-track ${row.weight > 0 ? "weight-for" : "weight-against"}`} aria-hidden="true"><span style={{ width: `${(Math.abs(row.weight) / most) * 100}%` }} /></span>
            <span class="number">{factor(row.weight)}</span>
          </li>
        ))}
      </ul>
      <p class="small faint">Above 1 speaks for the first. Each is the difference of what the sign says for the two against all others.</p>
      <a class="small" href={`/atlas/compare?a=${a}&b=${b}`}>Both articles side by side</a>
    </details>
  );
}
