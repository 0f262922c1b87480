/** The states in which the draft was saved, each beside what stands now. */
import { useEffect, useState } from "preact/hooks";
import { ApiError } from "../api/client";
import type { Draft } from "../api/types";
import { Button } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { loadVersions } from "./calls";
import { Changed } from "./section";
import { compare, differing, gather, said, sectionName, type Text, textOf, type Version } from "./sections";

const worded: Version = { version: 0, by: "", at: "", sections: {}, key_images: [], saves: 0 };

export function Versions({ open, study, text, draft, onClose, onUse }: {
  open: boolean;
  study: string;
  text: Text;
  draft: Draft;
  onClose: () => void;
  onUse: (text: Text) => void;
}) {
  const [all, setAll] = useState<Version[] | null>(null);
  const [chosen, setChosen] = useState(0);
  const [why, setWhy] = useState("");
  useEffect(() => {
    if (!open) return;
    setChosen(0);
    loadVersions(study).then(({ drafts }) => { setAll(drafts.length ? [...gather(drafts), worded] : []); setWhy(""); }, (error: unknown) => setWhy(error instanceof ApiError ? error.message : String(error)));
  }, [open]);
  const version = all?.[chosen];
  const then = version && textOf(version, draft.suggested);
  const names = then ? differing(then, text) : [];
  return (
    <Dialog open={open} onClose={onClose} title="Versions" wide>
      {why && <p class="field-error" role="alert">{why}</p>}
      {all?.length === 0 && <p class="quiet">Nothing was saved yet: the report reads as thecal worded it.</p>}
      {all && all.length > 0 && (
        <div class="versions">
          <ol class="version-list">
            {all.map((one, number) => (
              <li key={one.version}>
                <button type="button" class="menu-entry" aria-current={number === chosen} onClick={() => setChosen(number)}>
                  <span class="menu-words">
                    {one.version ? new Date(one.at).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" }) : "As thecal words it"}
                    <small>{one.version ? one.by + (one.saves > 1 ? ` · ${one.saves} saves` : "") : "from the reading as it is now"}</small>
                  </span>
                </button>
              </li>
            ))}
          </ol>
          <div class="version-text" aria-live="polite">
            {names.length === 0 && <p class="quiet">It reads as the report does now.</p>}
            {names.map((name) => (
              <section key={name}>
                <h3>{sectionName(name)}</h3>
                <p><Changed parts={compare(said(then!, draft.suggested, name), said(text, draft.suggested, name))} /></p>
              </section>
            ))}
            {names.length > 0 && <p class="quiet small"><ins>Underlined</ins> is new since, <del>struck</del> was taken out.</p>}
            {names.length > 0 && !draft.locked && <Button onClick={() => onUse(then!)}>Go back to this version</Button>}
          </div>
        </div>
      )}
    </Dialog>
  );
}
