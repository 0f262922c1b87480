/** A window in which an entity is chosen by typing part of any of its names. */
import { useState } from "preact/hooks";
import { Dialog } from "../parts/dialog";
import { Field } from "../parts/field";
import { index, searcher } from "./store";

export function Chooser({ open, title, except, onChoose, onClose }: {
  open: boolean;
  title: string;
  except?: string;
  onChoose: (code: string) => void;
  onClose: () => void;
}) {
  const [text, setText] = useState("");
  const entities = (index.value?.articles ?? []).filter((one) => ["entity", "parent"].includes(one.about) && one.code !== except);
  const found = text.trim()
    ? (searcher.value?.search(text, 30) ?? []).filter((hit) => hit.kind === "article").map((hit) => entities.find((one) => one.code === hit.code)).filter((one) => one !== undefined)
    : [...entities].sort((a, b) => a.title.localeCompare(b.title));
  return (
    <Dialog open={open} title={title} onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); if (found[0]) onChoose(found[0].code); }}>
        <Field label="Name" hideLabel placeholder="Part of a name" value={text} autocomplete="off" autofocus onInput={(event) => setText(event.currentTarget.value)} />
      </form>
      <ul class="chooser">
        {found.map((one) => <li key={one.code}><button type="button" onClick={() => onChoose(one.code)}>{one.title}</button></li>)}
        {!found.length && <li class="quiet">Nothing by that name</li>}
      </ul>
    </Dialog>
  );
}
