/** Every correction, newest first: what, by whom, when, what stood before. */

import { useSession } from "../context";
import type { Finding, Kept, NotAssessed } from "../types";
import { findingName, said, type Words } from "../words";

export function History() {
  const session = useSession();
  const changes = [...(session.answer.value?.changes ?? [])].sort((a, b) => b.number - a.number);
  if (changes.length === 0) return <p class="quiet">Nothing was changed since thecal read the study.</p>;
  return (
    <ol class="history">
      {changes.map((change) => (
        <li key={change.number}>
          <span>{subject(session.subjectName, change)}: {line(change.before, session.words.value)} → {line(change.after, session.words.value)}</span>
          <small class="quiet">{change.by}, {new Date(change.at).toLocaleString()}{change.why ? `: ${change.why}` : ""}</small>
        </li>
      ))}
    </ol>
  );

  function subject(name: (uid: string) => string, change: Kept): string {
    const [uid = "", code = ""] = change.target.split("/");
    return code ? `${findingName(session.words.value, code)} of ${name.call(session, uid)}` : uid;
  }
}

/** One side of a change in words. */
export function line(what: Finding | NotAssessed | null, words: Words): string {
  if (what === null) return "nothing";
  if ("basis" in what) return said(what, words);
  return "reason" in what ? `not assessed (${what.reason})` : "a mask";
}
