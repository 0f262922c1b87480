/** The field that finds an article as one types. '/' leads to it; arrows choose, Enter opens, Escape leaves. */
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Icon } from "../parts/icon";
import { useKeys } from "../shell/keys";
import { go, place } from "../shell/router";
import { article, searcher } from "./store";
import type { Hit } from "./search";

export const addressOf = (hit: Pick<Hit, "kind" | "code" | "state">): string =>
  hit.kind === "gamut" ? `/atlas/${hit.code}#gamut-${hit.state}` : `/atlas/${hit.code}`;

const kinds: Record<string, string> = { entity: "Entity", parent: "Group", sign: "Sign", related: "Related", gamut: "Gamut" };

export function SearchBox() {
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState(0);
  const [open, setOpen] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const id = useId();
  const hits = open && text.trim() ? (searcher.value?.search(text) ?? []) : [];
  useKeys([{ keys: "/", does: "Search the atlas", group: "Atlas", run: () => { field.current?.focus(); field.current?.select(); } }]);
  useEffect(() => { setOpen(false); setText(""); }, [place.value.path]);
  useEffect(() => { list.current?.children[chosen]?.scrollIntoView({ block: "nearest" }); }, [chosen]);
  const leave = (hit: Hit): void => {
    setOpen(false);
    field.current?.blur();
    go(addressOf(hit));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && hits.length) {
      event.preventDefault();
      setChosen((chosen + step + hits.length) % hits.length);
    } else if (event.key === "Enter" && hits[chosen]) {
      event.preventDefault();
      leave(hits[chosen]);
    } else if (event.key === "Escape") {
      event.preventDefault();
      if (text) setText("");
      else field.current?.blur();
    }
  };
  const told = open && text.trim() !== "";
  return (
    <search class="atlas-search">
      <Icon name="search" />
      <input ref={field} id={id} class="input" type="text" role="combobox" autocomplete="off" spellcheck={false} aria-label="Search the atlas"
        placeholder="Search the atlas" aria-expanded={told} aria-controls={`${id}-list`} aria-autocomplete="list"
        aria-activedescendant={hits[chosen] ? `${id}-${chosen}` : undefined} value={text}
        onInput={(event) => { setText(event.currentTarget.value); setChosen(0); setOpen(true); }}
        onFocus={() => setOpen(true)} onBlur={() => setTimeout(() => setOpen(false), 150)} onKeyDown={onKeyDown} />
      <kbd aria-hidden="true">/</kbd>
      <span class="hidden-text" role="status">{told ? `${hits.length} found` : ""}</span>
      {told && (
        <ul ref={list} id={`${id}-list`} class="atlas-hits" role="listbox" aria-label="What was found">
          {hits.map((hit, number) => (
            <li key={`${hit.code}${hit.state ?? ""}`} id={`${id}-${number}`} role="option" aria-selected={number === chosen}
              class={number === chosen ? "chosen" : ""} onPointerMove={() => number !== chosen && setChosen(number)}
              onPointerDown={(event) => { event.preventDefault(); }} onClick={() => leave(hit)}
              onPointerEnter={() => void article(hit.code).catch(() => undefined)}>
              <span class="atlas-hit-title">{hit.title}</span>
              {hit.matched && <span class="atlas-hit-matched">{hit.matched}</span>}
              <span class="atlas-kind">{kinds[hit.about] ?? hit.about}</span>
            </li>
          ))}
          {!hits.length && <li class="atlas-none" role="option" aria-selected={false} aria-disabled="true">Nothing by that name</li>}
        </ul>
      )}
    </search>
  );
}
