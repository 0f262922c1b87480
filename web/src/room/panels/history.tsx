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
          <span>{whole(change)}</span>
          <small class="quiet">{change.by}, {new Date(change.at).toLocaleString()}{change.why ? `: ${change.why}` : ""}</small>
        </li>
      ))}
    </ol>
  );

  function whole(change: Kept): string {
    const [uid = "", code = ""] = change.target.split("/");
    if (uid === "map") return mapLine(code, change.after);
    const words = session.words.value;
    return `${findingName(words, code)} of ${session.subjectName(uid)}: ${line(change.before, words)} → ${line(change.after, words)}`;
  }
}

/** A change of a map: what was drawn is told by its size. */
export function mapLine(map: string, after: unknown): string {
  const told = after as { edits?: { code: number; voxels: number }[]; name?: string; undoes?: number | null } | null;
  if (map === "anatomy") return `A vertebra named${told?.name ? ` ${told.name}` : ""}`;
  const edits = told?.edits ?? [];
  const sum = (wanted: (code: number) => boolean): number => edits.filter((edit) => wanted(edit.code)).reduce((total, edit) => total + edit.voxels, 0);
  const [drawn, erased] = [sum((code) => code > 0), sum((code) => code === 0)];
  const size = [drawn && `${drawn} voxels drawn`, erased && `${erased} erased`].filter(Boolean).join(", ");
  return `The mask: ${size || "nothing"}${told?.undoes ? `, taking back change ${told.undoes}` : ""}`;
}

/** One side of a change in words. */
export function line(what: Finding | NotAssessed | null, words: Words): string {
  if (what === null) return "nothing";
  return "basis" in what ? said(what, words) : `not assessed (${what.reason})`;
}
