/** Every finding of the chosen lesion and of the patient: what was measured, what was corrected, what was not assessed. */

import { computed } from "@preact/signals";
import { useMemo, useState } from "preact/hooks";
import { Button } from "../../parts/button";
import { Field } from "../../parts/field";
import { useSession } from "../context";
import type { Session } from "../session";
import type { Finding, Kept, NotAssessed, Term } from "../types";
import { findingName, measured, percent, roleName, said, topState } from "../words";
import { Correction } from "./correction";

type Row = { code: string; subject: string; finding: Finding | null; missing: NotAssessed | null };

export function Findings({ terms }: { terms: readonly Term[] }) {
  const session = useSession();
  const [sought, setSought] = useState("");
  const lesion = session.lesions.value.find((one) => one.tracking_uid === session.lesion.value);
  return (
    <div class="findings">
      <WhatIfBar />
      <Field label="Find a sign" hideLabel placeholder="Find a sign" type="search" value={sought} onInput={(event) => setSought(event.currentTarget.value)} />
      {lesion && <Group title={`Lesion ${lesion.instance}`} subject={lesion.tracking_uid} terms={terms} sought={sought} />}
      <Group title="The patient" subject="patient" terms={terms} sought={sought} />
    </div>
  );
}

/** A what-if is begun and ended here; while it lasts nothing that is set is kept. */
function WhatIfBar() {
  const session = useSession();
  if (!session.supposing.value) {
    return <div class="whatif"><Button size="s" onClick={() => (session.supposing.value = true)}>What if…</Button><span class="quiet small">Try other findings; nothing is kept.</span></div>;
  }
  return (
    <div class="whatif whatif-on" role="status">
      <span><strong>What if</strong>: nothing set now is kept{session.suppositions.value.length ? ` (${session.suppositions.value.length} supposed)` : ""}</span>
      <Button size="s" onClick={() => session.endSupposing()}>End</Button>
    </div>
  );
}

function Group({ title, subject, terms, sought }: { title: string; subject: string; terms: readonly Term[]; sought: string }) {
  const session = useSession();
  const rows = useMemo(() => computed(() => rowsOf(session, subject)), [session, subject]).value;
  const meets = (row: Row): boolean => findingName(session.words.value, row.code).toLowerCase().includes(sought.trim().toLowerCase());
  const seen = rows.filter((row) => row.finding && meets(row));
  const missing = rows.filter((row) => row.missing && meets(row));
  const term = (code: string): Term | undefined => terms.find((one) => one.code === code);
  return (
    <section class="finding-group">
      <h3>{title}</h3>
      <ul>{seen.map((row) => <Seen key={row.code} row={row} term={term(row.code)} />)}</ul>
      {missing.length > 0 && (
        <details open={sought !== ""}>
          <summary>Not assessed: {missing.length}</summary>
          <ul>{missing.map((row) => <Missing key={row.code} row={row} term={term(row.code)} />)}</ul>
        </details>
      )}
    </section>
  );
}

function rowsOf(session: Session, subject: string): Row[] {
  const seen = session.findings.value.filter((one) => one.subject === subject);
  const missing = session.notAssessed.value.filter((one) => one.subject === subject);
  return [
    ...seen.map((finding) => ({ code: finding.code, subject, finding, missing: null })),
    ...missing.map((one) => ({ code: one.code, subject, finding: null, missing: one })),
  ];
}

/** What stood before the first correction of a finding. */
export function firstBefore(changes: readonly Kept[], target: string): Kept["before"] | undefined {
  const own = changes.filter((change) => change.target === target).sort((a, b) => a.number - b.number);
  return own.length ? own[0]!.before : undefined;
}

const isFinding = (what: Finding | NotAssessed | null | undefined): what is Finding => what !== null && what !== undefined && "basis" in what;

function Seen({ row, term }: { row: Row; term: Term | undefined }) {
  const session = useSession();
  const finding = row.finding!;
  const words = session.words.value;
  const supposed = session.suppositions.value.find((one) => one.target === `${row.subject}/${row.code}`);
  const corrected = finding.basis === "corrected";
  const before = corrected ? firstBefore(session.answer.value?.changes ?? [], `${row.subject}/${row.code}`) : undefined;
  const [, share] = finding.probabilities ? topState(finding.probabilities) : ["", null];
  const line = session.series.value.find((one) => one.key === finding.where?.series_key);
  return (
    <li class={`finding${corrected ? " finding-corrected" : ""}`} data-finding={row.code} data-basis={finding.basis}>
      <div class="finding-line">
        <button type="button" class="finding-name" disabled={!finding.where} onClick={() => finding.where && session.stage.goTo(finding.where)}
          title={`${finding.method}${finding.where ? ". Show its place" : ""}`}>
          {findingName(words, row.code)}
        </button>
        <Correction term={term} code={row.code} subject={row.subject} finding={finding} supposed={supposed?.after} />
      </div>
      <p class="finding-detail small quiet number">
        {share !== null && share < 1 && <span>{percent(share)}</span>}
        {finding.measurement && <span>{measured(finding.measurement, words)}</span>}
        {line && <span>{line.plane} {roleName(words, line.role)}</span>}
        {finding.basis === "stated" && <span>as stated</span>}
        {corrected && <span class="tag">corrected</span>}
        {corrected && <span>{before === undefined || before === null ? "not measured before" : isFinding(before) ? `measured: ${said(before, words)}${before.probabilities ? ` ${percent(topState(before.probabilities)[1])}` : ""}` : `not assessed before: ${before.reason}`}</span>}
      </p>
      {finding.method && finding.basis === "measured" && <p class="finding-method small faint">{finding.method}</p>}
    </li>
  );
}

function Missing({ row, term }: { row: Row; term: Term | undefined }) {
  const session = useSession();
  const supposed = session.suppositions.value.find((one) => one.target === `${row.subject}/${row.code}`);
  const changed = (session.answer.value?.changes ?? []).some((change) => change.target === `${row.subject}/${row.code}`);
  return (
    <li class="finding finding-missing" data-finding={row.code} data-basis="not_assessed">
      <div class="finding-line">
        <span class="finding-name">{findingName(session.words.value, row.code)}</span>
        <Correction term={term} code={row.code} subject={row.subject} finding={null} supposed={supposed?.after} undo={changed} />
      </div>
      <p class="finding-detail small quiet">{row.missing!.reason}</p>
    </li>
  );
}
