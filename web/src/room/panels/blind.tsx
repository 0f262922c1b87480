/** Blind first: the reader commits findings and a list before thecal's are shown; afterwards both stand beside each other. */

import { useEffect, useState } from "preact/hooks";
import { ApiError } from "../../api/client";
import type { EntityName } from "../../api/types";
import { Button } from "../../parts/button";
import { Select } from "../../parts/field";
import { toast } from "../../parts/toast";
import { forgetNow, keepNow, recallNow } from "../../shell/store";
import { commitBlind, loadEntities } from "../calls";
import { useSession } from "../context";
import type { Term } from "../types";
import { entityName, findingName, percent, said, stateName } from "../words";

interface Draft {
  findings: Record<string, string>;
  list: string[];
}

/** Kept in the browser while it is written, before the next thing happens: a reload at any moment loses nothing. */
function useDraft(id: string): [Draft, (draft: Draft) => void, () => void] {
  const key = `blind/${id}`;
  const [draft, setDraft] = useState<Draft>(() => recallNow<Draft>(key) ?? { findings: {}, list: [] });
  const change = (next: Draft): void => {
    setDraft(next);
    keepNow(key, next);
  };
  return [draft, change, () => forgetNow(key)];
}

export function BlindForm({ terms }: { terms: readonly Term[] }) {
  const session = useSession();
  const [draft, change, done] = useDraft(session.id);
  const [entities, setEntities] = useState<EntityName[]>([]);
  const [busy, setBusy] = useState(false);
  useEffect(() => void loadEntities().then(setEntities).catch(() => toast("The list of entities did not come; try again.", "bad")), []);
  const asked = terms.filter((term) => term.kind === "states" && term.subject === "lesion");
  const commit = async (): Promise<void> => {
    setBusy(true);
    try {
      await commitBlind(session.id, draft.findings, draft.list, "");
      done();
      await session.open();
    } catch (error) {
      toast(error instanceof ApiError ? error.message : String(error), "bad");
    }
    setBusy(false);
  };
  const empty = draft.list.length === 0;
  return (
    <div class="blind">
      <h2>Read blind first</h2>
      <p class="small quiet">Write down what you see and what it may be. thecal's reading is shown once this is committed; it can't be changed afterwards.</p>
      <section><h3>What it may be, most likely first</h3>
        <ol class="blind-list">
          {draft.list.map((code, place) => (
            <li key={code}><span>{entities.find((one) => one.code === code)?.name ?? code}</span>
              <Button size="s" kind="quiet" icon="up" label="Earlier" disabled={place === 0} onClick={() => change({ ...draft, list: swapped(draft.list, place) })} />
              <Button size="s" kind="quiet" icon="close" label="Take out" onClick={() => change({ ...draft, list: draft.list.filter((one) => one !== code) })} /></li>
          ))}
        </ol>
        <Select label="Add" value="" onChange={(event) => { const code = event.currentTarget.value; if (code) change({ ...draft, list: [...draft.list, code] }); event.currentTarget.value = ""; }}>
          <option value="">Choose an entity…</option>
          {entities.filter((one) => !draft.list.includes(one.code)).map((one) => <option key={one.code} value={one.code}>{one.name}</option>)}
        </Select>
      </section>
      <section><h3>What you see</h3>
        <div class="blind-findings">
          {asked.map((term) => (
            <Select key={term.code} label={term.name} value={draft.findings[term.code] ?? ""} onChange={(event) => change({ ...draft, findings: set(draft.findings, term.code, event.currentTarget.value) })}>
              <option value="">not assessed</option>
              {term.states.map((state) => <option key={state.code} value={state.code}>{state.name}</option>)}
            </Select>
          ))}
        </div>
      </section>
      <div class="blind-foot"><Button kind="strong" busy={busy} disabled={empty} onClick={() => void commit()}>Commit, then show thecal's</Button>{empty && <span class="small quiet">The list needs one entity.</span>}</div>
    </div>
  );
}

export function swapped(list: readonly string[], place: number): string[] {
  const next = [...list];
  [next[place - 1], next[place]] = [next[place]!, next[place - 1]!];
  return next;
}

function set(findings: Record<string, string>, code: string, state: string): Record<string, string> {
  const { [code]: _, ...others } = findings;
  return state ? { ...others, [code]: state } : others;
}

/** What was committed beside what thecal says. */
export function BlindBeside() {
  const session = useSession();
  const blind = session.blind.value;
  if (!blind) return null;
  const words = session.words.value;
  const patient = session.differentials.value.find((one) => one.subject === "patient");
  const thecal = (code: string): string => {
    const finding = session.findings.value.find((one) => one.code === code && one.subject === session.lesion.value);
    return finding ? said(finding, words) : "not assessed";
  };
  const share = (code: string): number | undefined => patient?.candidates.find((one) => one.entity === code)?.probability;
  return (
    <div class="beside">
      <p class="small quiet">Committed by {blind.by}, {new Date(blind.at).toLocaleString()}</p>
      <table class="table"><thead><tr><th scope="col">You thought</th><th scope="col">thecal gives it</th></tr></thead>
        <tbody>{blind.list.map((code) => <tr key={code}><th scope="row">{entityName(words, code)}</th><td class="number">{share(code) === undefined ? "not ranked" : percent(share(code)!)}</td></tr>)}</tbody></table>
      <table class="table"><thead><tr><th scope="col">Sign</th><th scope="col">You</th><th scope="col">thecal</th></tr></thead>
        <tbody>{Object.entries(blind.findings).map(([code, state]) => {
          const differs = thecal(code) !== stateName(words, state);
          return <tr key={code} class={differs ? "differs" : undefined}><th scope="row">{findingName(words, code)}</th><td>{stateName(words, state)}</td><td>{thecal(code)}{differs && <span class="hidden-text"> (differs)</span>}</td></tr>;
        })}</tbody></table>
    </div>
  );
}
