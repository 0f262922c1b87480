/** The menu that sets a finding by hand: its states, a number, not assessed, or back to what was measured. */

import { useState } from "preact/hooks";
import { Button } from "../../parts/button";
import { Dialog } from "../../parts/dialog";
import { Field } from "../../parts/field";
import { Menu, type MenuEntry } from "../../parts/menu";
import { useSession } from "../context";
import type { After, Finding, Term } from "../types";
import { findingName, said, stateName, topState } from "../words";

interface Props {
  term: Term | undefined;
  code: string;
  subject: string;
  finding: Finding | null;
  supposed: After | undefined;
  /** Something was corrected here, and can be taken back. */
  undo?: boolean;
}

export function Correction({ term, code, subject, finding, supposed, undo = finding?.basis === "corrected" }: Props) {
  const session = useSession();
  const [asking, setAsking] = useState(false);
  const words = session.words.value;
  const name = findingName(words, code);
  const set = (after: After): void => session.correct(code, subject, after);
  const shown = supposed && "state" in supposed ? stateName(words, supposed.state) : supposed && "value" in supposed ? String(supposed.value)
    : supposed && "not_assessed" in supposed ? "not assessed" : finding ? said(finding, words) : "set…";
  if (!term) return <span class="finding-said">{shown}</span>;
  const now = finding?.probabilities ? topState(finding.probabilities)[0] : null;
  const entries: MenuEntry[] = [
    ...term.states.map((state) => ({ name: state.name, group: name, chosen: state.code === now, run: () => set({ state: state.code }) })),
    ...(term.kind === "number" ? [{ name: "Set the number…", group: name, run: () => setAsking(true) }] : []),
    ...(finding ? [{ name: "Not assessed", group: "Or", run: () => set({ not_assessed: "set so by the reader" }) }] : []),
    ...(undo || supposed !== undefined ? [{ name: supposed === undefined ? "Back to what was measured" : "Suppose nothing here", group: "Or", icon: "undo" as const, run: () => set(null) }] : []),
  ];
  return (
    <>
      <Menu label={`${name}: ${shown}. Correct`} entries={entries} size="s" class={supposed === undefined ? "correction" : "correction correction-supposed"}>{shown}</Menu>
      {asking && <NumberDialog term={term} value={finding?.value ?? null} onSet={set} onClose={() => setAsking(false)} />}
    </>
  );
}

function NumberDialog({ term, value, onSet, onClose }: { term: Term; value: number | null; onSet: (after: After) => void; onClose: () => void }) {
  const [text, setText] = useState(value === null ? "" : String(value));
  const number = Number(text.replace(",", "."));
  const valid = text.trim() !== "" && Number.isFinite(number);
  const save = (): void => {
    if (!valid) return;
    onSet({ value: number });
    onClose();
  };
  return (
    <Dialog open title={term.name} onClose={onClose} foot={<><Button onClick={onClose}>Cancel</Button><Button kind="strong" disabled={!valid} onClick={save}>Set</Button></>}>
      <form onSubmit={(event) => { event.preventDefault(); save(); }}>
        <Field label={term.unit ?? "Number"} inputMode="decimal" autoFocus value={text} onInput={(event) => setText(event.currentTarget.value)} />
      </form>
    </Dialog>
  );
}
