/** Two readers changed the same study: both versions are shown, and the reader chooses. */

import { Button } from "../../parts/button";
import { Dialog } from "../../parts/dialog";
import { useSession } from "../context";
import type { Clash, Operation } from "../saves";
import type { After } from "../types";
import { findingName, stateName, type Words } from "../words";
import { line, mapLine } from "./history";

export function ClashDialog() {
  const session = useSession();
  const clash = session.saves.clash.value;
  if (!clash) return null;
  const words = session.words.value;
  const { mine, theirs } = clash;
  return (
    <Dialog open title="This study was changed elsewhere meanwhile" onClose={() => session.saves.yield()} foot={
      <><Button onClick={() => session.saves.yield()}>Keep theirs</Button><Button kind="strong" onClick={() => session.saves.insist()}>Put mine on top</Button></>
    }>
      <div class="clash">
        <section><h3>Yours, not saved</h3><p>{mineIn(mine, words)}</p></section>
        <section><h3>Theirs, saved</h3><ul>{theirsIn(clash, words).slice(0, 6).map((text) => <li key={text}>{text}</li>)}</ul><p class="small quiet">{[theirs.by, theirs.at && new Date(theirs.at).toLocaleString(), `version ${theirs.version}`].filter(Boolean).join(", ")}</p></section>
      </div>
      <p class="small quiet">Put mine on top keeps what they changed elsewhere. Keep theirs lets yours go.</p>
    </Dialog>
  );
}

function mineIn(mine: Operation, words: Words): string {
  return mine.is === "change" ? `${mine.words}: ${afterIn(mine.wish.after, words)}` : mine.words;
}

function afterIn(after: After, words: Words): string {
  if (after === null) return "back to what was measured";
  if ("state" in after) return stateName(words, after.state);
  if ("value" in after) return String(after.value);
  return "not_assessed" in after ? "not assessed" : "probabilities";
}

/** What they changed, the same thing first. */
function theirsIn({ mine, theirs }: Clash, words: Words): string[] {
  const target = mine.is === "change" ? mine.wish.target : "";
  const changes = [...(theirs.changes ?? [])].sort((a, b) => Number(b.target === target) - Number(a.target === target));
  return changes.map((change) => {
    const [subject, code = ""] = change.target.split("/");
    return subject === "map" ? mapLine(code, change.after) : `${findingName(words, code)}: ${line(change.after, words)}`;
  });
}
