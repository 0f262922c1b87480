/** One section: the reader's text, with thecal's own words at hand. */
import { useState } from "preact/hooks";
import { Button } from "../parts/button";
import { Area } from "../parts/field";
import { toast } from "../parts/toast";
import { compare, type Part, sectionName } from "./sections";

export function Section({ code, text, suggested, locked, onChange }: {
  code: string;
  text: string;
  suggested: string | undefined;
  locked: boolean;
  onChange: (text: string) => void;
}) {
  const [shown, setShown] = useState(false);
  const name = sectionName(code);
  const edited = suggested !== undefined && text !== suggested;
  const back = (): void => {
    onChange(suggested ?? "");
    setShown(false);
    toast(`${name}: thecal's words are back.`, "plain", { name: "Undo", run: () => onChange(text) });
  };
  return (
    <section class="section" aria-labelledby={`section-${code}`} data-section={code}>
      <header class="section-head">
        <h2 id={`section-${code}`}>{name}</h2>
        {edited && <span class="tag">Edited</span>}
        {edited && (
          <span class="section-acts">
            <Button size="s" kind="quiet" aria-expanded={shown} onClick={() => setShown(!shown)}>{shown ? "Hide what was changed" : "What was changed"}</Button>
            {!locked && <Button size="s" kind="quiet" onClick={back}>Use thecal's words</Button>}
          </span>
        )}
      </header>
      {locked
        ? <div class="section-text">{text || <span class="faint">Nothing was written.</span>}</div>
        : <Area label={name} hideLabel class="section-field" value={text} spellcheck lang="en"
            placeholder="Nothing is written here" onInput={(event) => onChange(event.currentTarget.value)} />}
      {edited && shown && <div class="section-changes"><h3>Against thecal's words</h3><p><Changed parts={compare(suggested, text)} /></p></div>}
    </section>
  );
}

export const Changed = ({ parts }: { parts: Part[] }) => (
  <>{parts.map(({ kind, text }, number) => (kind === "same" ? text : kind === "new" ? <ins key={number}>{text}</ins> : <del key={number}>{text}</del>))}</>
);
