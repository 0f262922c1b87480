/** Cases under an article, in an order of one's own: dragged by the handle, or moved with the arrows; kept at once. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { ApiError } from "../api/client";
import { get, put } from "../api/client";
import { listStudies } from "../api/studies";
import type { Study } from "../api/types";
import { Button } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { Icon } from "../parts/icon";
import { Menu } from "../parts/menu";
import { Saved } from "../parts/saved";
import { createSaver, type Theirs } from "../shell/saving";
import { Patient } from "./examples";
import { moved, nameOf, nextSeed } from "./order";
import { index } from "./store";
import type { Article, Case, CaseList } from "./types";

export function Cases({ article }: { article: Article }) {
  const address = `/api/atlas/articles/${article.code}/cases`;
  const saver = useMemo(() => createSaver<Case[]>({
    key: `cases/${article.code}`,
    rest: 250,
    send: (cases, version) => put<{ version: number }>(address, { version, cases }),
    theirs: async (error: ApiError): Promise<Theirs<Case[]>> => {
      const { theirs } = error.body as { theirs: CaseList & { by?: string; at?: string } };
      return { value: theirs.cases, version: theirs.version, by: theirs.by, at: theirs.at };
    },
  }), [article.code]);
  const [cases, setCases] = useState<Case[] | null>(null);
  const [failure, setFailure] = useState("");
  const [picking, setPicking] = useState(false);
  useEffect(() => {
    let stale = false;
    get<CaseList>(address).then((told) => saver.begin(told.cases, told.version)).then((value) => !stale && setCases(value), (error: Error) => !stale && setFailure(error.message));
    return () => { stale = true; saver.stop(); };
  }, [saver]);
  const change = (next: Case[]): void => { setCases(next); saver.change(next); };
  if (failure) return <p class="quiet">The cases did not come: {failure}</p>;
  if (!cases) return <p class="quiet" role="status">Opening</p>;
  const add = (one: Case): void => change([...cases, one]);
  const title = (code: string): string => index.value?.articles.find((one) => one.code === code)?.title ?? code.replaceAll("_", " ");
  const state = saver.state.value;
  return (
    <div class="cases">
      <div class="cases-bar">
        <Menu label="Add a case" kind="plain" size="s" icon="add" entries={[
          ...article.example.map((entity) => {
            const seed = nextSeed(cases, entity);
            return { name: article.example.length > 1 ? title(entity) : "Simulated patient", detail: `simulated, number ${seed}`, group: article.example.length > 1 ? "Simulated patient" : undefined,
              run: () => add({ kind: "example", entity, seed, title: `${title(entity)}, simulated patient ${seed}` }) };
          }).map(({ group, ...entry }) => (group ? { ...entry, group } : entry)),
          { name: "Study of the worklist", icon: "folder" as const, ...(article.example.length > 1 ? { group: "From the worklist" } : {}), run: () => setPicking(true) },
        ]}>Add a case</Menu>
        {(cases.length > 0 || state.is !== "saved") && <Saved state={state} />}
      </div>
      {state.is === "not saved" && state.why === "conflict" && (
        <p class="cases-conflict" role="alert">
          Another window saved {state.theirs.value.length} cases{state.theirs.by ? ` (${state.theirs.by})` : ""}.{" "}
          <Button size="s" onClick={() => { const mine = state.mine; void saver.settle(mine); }}>Keep mine</Button>{" "}
          <Button size="s" onClick={() => { const theirs = state.theirs.value; setCases(theirs); void saver.settle(theirs); }}>Take theirs</Button>
        </p>
      )}
      {cases.length ? <Order cases={cases} change={change} /> : <p class="quiet">No case is attached yet.</p>}
      <StudyPicker open={picking} onClose={() => setPicking(false)} onChoose={(study) => { setPicking(false); add({ kind: "study", study: study.id, title: study.title }); }} />
    </div>
  );
}

function Order({ cases, change }: { cases: Case[]; change: (next: Case[]) => void }) {
  const [held, setHeld] = useState<{ at: number; before: Case[] } | null>(null);
  const [said, setSaid] = useState("");
  const [opened, setOpened] = useState<string | null>(null);
  const [dragged, setDragged] = useState<{ order: Case[]; at: number } | null>(null);
  const list = useRef<HTMLOListElement>(null);
  const shown = dragged?.order ?? cases;
  const place = (at: number): string => `place ${at + 1} of ${cases.length}`;
  const focus = (at: number): void => void setTimeout(() => list.current?.querySelectorAll<HTMLElement>(".case-handle")[at]?.focus());
  const onKeyDown = (event: KeyboardEvent, at: number): void => {
    const name = nameOf(cases[at]!);
    if (event.key === " " || event.key === "Enter") {
      event.preventDefault();
      setHeld(held ? null : { at, before: cases });
      setSaid(held ? `${name} put down, ${place(at)}.` : `${name} taken, ${place(at)}. Arrows move it, space puts it down, escape puts it back.`);
    } else if (event.key === "Escape" && held) {
      event.preventDefault();
      change(held.before);
      focus(held.before.indexOf(cases[at]!));
      setHeld(null);
      setSaid(`${name} put back.`);
    } else if ((event.key === "ArrowUp" || event.key === "ArrowDown") && held) {
      event.preventDefault();
      const to = at + (event.key === "ArrowUp" ? -1 : 1);
      if (to < 0 || to >= cases.length) return;
      change(moved(cases, at, to));
      focus(to);
      setSaid(`${name}, ${place(to)}.`);
    }
  };
  const onPointerDown = (event: PointerEvent, at: number): void => {
    if (event.button !== 0) return;
    event.preventDefault();
    const handle = event.currentTarget as HTMLElement;
    handle.setPointerCapture(event.pointerId);
    handle.focus();
    let now = { order: cases, at };
    const move = (motion: PointerEvent): void => {
      const rows = [...list.current!.children] as HTMLElement[];
      const to = rows.findIndex((row, number) => {
        const box = row.getBoundingClientRect();
        return motion.clientY < box.bottom || number === rows.length - 1;
      });
      if (to === now.at || to < 0) return;
      now = { order: moved(now.order, now.at, to), at: to };
      setDragged(now);
    };
    const end = (last: PointerEvent): void => {
      handle.removeEventListener("pointermove", move);
      handle.removeEventListener("pointerup", end);
      handle.removeEventListener("pointercancel", end);
      setDragged(null);
      if (last.type === "pointerup" && now.at !== at) {
        change(now.order);
        setSaid(`${nameOf(cases[at]!)}, ${place(now.at)}.`);
      }
    };
    handle.addEventListener("pointermove", move);
    handle.addEventListener("pointerup", end);
    handle.addEventListener("pointercancel", end);
  };
  return (
    <>
      <p class="hidden-text" role="status" aria-live="assertive">{said}</p>
      <ol ref={list} class="case-list" aria-label="Cases in their order">
        {shown.map((one, at) => {
          const key = keyOf(one, shown, at);
          return (
            <li key={key} class={["case", dragged?.at === at && "case-dragged", held && held.before.length === shown.length && document.activeElement?.getAttribute("data-case") === key && "case-held"].filter(Boolean).join(" ")}>
              <div class="case-line">
                <button type="button" class="case-handle" data-case={key} aria-pressed={Boolean(held)} aria-label={`Move ${nameOf(one)}, ${place(at)}`} title="Drag, or press space and use the arrows"
                  onKeyDown={(event) => onKeyDown(event, at)} onPointerDown={(event) => onPointerDown(event, at)} onBlur={() => setTimeout(() => { if (!document.activeElement?.classList.contains("case-handle")) setHeld(null); }, 50)}>
                  <Icon name="menu" />
                </button>
                <span class="number faint">{at + 1}</span>
                {one.kind === "study"
                  ? <a href={`/studies/${one.study}`}>{nameOf(one)}</a>
                  : <button type="button" class="case-open" aria-expanded={opened === key} onClick={() => setOpened(opened === key ? null : key)}>{nameOf(one)}</button>}
                <span class="badge">{one.kind === "study" ? "study" : "simulated"}</span>
                <Button kind="quiet" size="s" icon="close" label={`Take ${nameOf(one)} away`} onClick={() => { change(cases.filter((_, other) => other !== at)); setSaid(`${nameOf(one)} taken away.`); }} />
              </div>
              {one.kind === "example" && opened === key && <Patient entity={one.entity} seed={one.seed} />}
            </li>
          );
        })}
      </ol>
    </>
  );
}

function keyOf(one: Case, all: Case[], at: number): string {
  const own = one.kind === "study" ? one.study : `${one.entity}-${one.seed}`;
  const twins = all.slice(0, at).filter((other) => nameOf(other) === nameOf(one)).length;
  return twins ? `${own}#${twins}` : own;
}

function StudyPicker({ open, onClose, onChoose }: { open: boolean; onClose: () => void; onChoose: (study: Study) => void }) {
  const [studies, setStudies] = useState<Study[] | null>(null);
  useEffect(() => { if (open) listStudies().then(setStudies, () => setStudies([])); }, [open]);
  return (
    <Dialog open={open} title="Study of the worklist" onClose={onClose}>
      <ul class="chooser">
        {(studies ?? []).map((one) => <li key={one.id}><button type="button" onClick={() => onChoose(one)}>{one.title}</button></li>)}
        {studies?.length === 0 && <li class="quiet">The worklist is empty.</li>}
      </ul>
    </Dialog>
  );
}
