/** The worklist: every study, where its reading stands, and the way in for new ones. */
import "./worklist.css";
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "../api/client";
import { deleteStudy, retryStudy } from "../api/studies";
import type { Study, StudyState } from "../api/types";
import { Button } from "../parts/button";
import { Confirm } from "../parts/dialog";
import { Icon } from "../parts/icon";
import { toast } from "../parts/toast";
import { useKeys } from "../shell/keys";
import { go, place, useTitle } from "../shell/router";
import { AddMenu, DemoDialog, DropAnywhere, Empty, entities, Uploads, useChooser } from "./adding";
import { choose, count, drop, type Order, problem, put, reload, type SortKey, stateNames, states, studies, watch } from "./list";
import { canOpen, Rows } from "./rows";
import { arrived, restore } from "./uploads";

export default function Worklist() {
  useTitle("Worklist");
  const query = new URLSearchParams(place.value.search);
  const [search, setSearch] = useState(query.get("search") ?? "");
  const [state, setState] = useState<StudyState | "">(states.find((one) => one === query.get("state")) ?? "");
  const [order, setOrder] = useState<Order>({ by: "added", down: true });
  const [demo, setDemo] = useState(false);
  const [doomed, setDoomed] = useState<Study | null>(null);
  const chooser = useChooser();
  const [, tick] = useState(0);
  useEffect(watch, []);
  useEffect(() => {
    void restore();
    const clock = setInterval(() => tick((now) => now + 1), 30_000);
    return () => clearInterval(clock);
  }, []);
  useEffect(() => arrived.subscribe((id) => void (id && reload())), []);
  useEffect(() => {
    const words = new URLSearchParams(Object.entries({ search: search.trim(), state }).filter(([, value]) => value));
    if (place.peek().path === "/" && `?${words}` !== (place.peek().search || "?")) go(words.size ? `/?${words}` : "/", { replace: true, keep: true });
  }, [search, state]);
  const field = useRef<HTMLInputElement>(null);
  useWorklistKeys({ field, onDemo: () => setDemo(true), onAdd: chooser.chooseFiles, onDelete: setDoomed });

  const all = studies.value;
  const shown = all ? choose(all, search, state, order) : [];
  const onOrder = (by: SortKey): void => setOrder(order.by === by ? { by, down: !order.down } : { by, down: by === "added" || by === "acquired" || by === "lesions" });
  const retry = async (study: Study): Promise<void> => {
    try {
      put(await retryStudy(study.id));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      toast(`It was not tried again. ${error.message}`, "bad");
    }
  };
  return (
    <div class="worklist">
      <DropAnywhere />
      {chooser.inputs}
      <header class="worklist-head">
        <h1>Worklist</h1>
        <div class="worklist-add">
          <Button icon="add" onPointerEnter={() => void entities().catch(() => undefined)} onClick={() => setDemo(true)}>Simulated study</Button>
          <AddMenu {...chooser} />
        </div>
      </header>
      <Uploads chooseFiles={chooser.chooseFiles} />
      {problem.value && <p class="worklist-problem" role="alert"><Icon name="warning" />{problem.value}</p>}
      {all === null && !problem.value && <Waiting />}
      {all?.length === 0 && <Empty {...chooser} onDemo={() => setDemo(true)} />}
      {all && all.length > 0 && (
        <>
          <Filters inner={field} search={search} onSearch={setSearch} state={state} onState={setState} counts={count(all)} />
          <p class="hidden-text" role="status">{shown.length} of {all.length} studies shown</p>
          {shown.length
            ? <Rows studies={shown} order={order} onOrder={onOrder} onDelete={setDoomed} onRetry={(study) => void retry(study)} />
            : <NoneMatch onAll={() => { setSearch(""); setState(""); field.current?.focus(); }} />}
        </>
      )}
      <footer class="worklist-foot">Research software, not for primary diagnosis</footer>
      <DemoDialog open={demo} onClose={() => setDemo(false)} />
      <DeleteDialog study={doomed} onClose={() => setDoomed(null)} />
    </div>
  );
}

function useWorklistKeys({ field, onDemo, onAdd, onDelete }: {
  field: { current: HTMLInputElement | null };
  onDemo: () => void;
  onAdd: () => void;
  onDelete: (study: Study) => void;
}): void {
  const step = (by: number): void => {
    const names = [...document.querySelectorAll<HTMLElement>(".row-link, .row-name")];
    const now = names.findIndex((one) => one.closest("tr") === document.activeElement?.closest("tr"));
    names[Math.max(0, Math.min(names.length - 1, now < 0 && by < 0 ? names.length - 1 : now + by))]?.focus();
  };
  const focused = (): Study | undefined => {
    const id = document.activeElement?.closest<HTMLElement>("tr[data-study]")?.dataset["study"];
    return studies.value?.find((study) => study.id === id);
  };
  const group = "Worklist";
  useKeys([
    { keys: "/", does: "Search", group, run: () => { field.current?.focus(); field.current?.select(); } },
    { keys: "j", does: "Next study", group, run: () => step(1) },
    { keys: "k", does: "Study before", group, run: () => step(-1) },
    { keys: "e", does: "Report of the chosen study", group, run: () => { const one = focused(); if (one && canOpen(one)) go(`/studies/${one.id}/report`); } },
    { keys: "Delete", does: "Delete the chosen study", group, run: () => { const one = focused(); if (one && one.state !== "approved") onDelete(one); } },
    { keys: "a", does: "Add a study", group, run: onAdd },
    { keys: "s", does: "Simulated study", group, run: onDemo },
  ]);
}

function Filters({ inner, search, onSearch, state, onState, counts }: {
  inner: { current: HTMLInputElement | null };
  search: string;
  onSearch: (text: string) => void;
  state: StudyState | "";
  onState: (state: StudyState | "") => void;
  counts: Record<StudyState | "", number>;
}) {
  return (
    <div class="filters">
      <div class="search" role="search">
        <Icon name="search" />
        <input ref={inner} class="input" type="search" value={search} aria-label="Search the studies" placeholder="Name, entity, date …" autocomplete="off"
          onInput={(event) => onSearch(event.currentTarget.value)}
          onKeyDown={(event) => { if (event.key === "Escape") { onSearch(""); event.currentTarget.blur(); } }} />
      </div>
      <div class="state-filter" role="group" aria-label="State">
        {(["", ...states] as const).map((one) => (
          <button key={one} type="button" class="state-button" aria-pressed={one === state} onClick={() => onState(one)}>
            {one ? stateNames[one] : "All"} <span class="number quiet">{counts[one]}</span>
          </button>
        ))}
      </div>
    </div>
  );
}

const Waiting = () => <div class="rows-waiting" role="status"><span class="hidden-text">Fetching the studies</span>{[1, 2, 3, 4].map((row) => <span key={row} />)}</div>;

function NoneMatch({ onAll }: { onAll: () => void }) {
  return <div class="none"><p>No study fits.</p><Button onClick={onAll}>Show all</Button></div>;
}

function DeleteDialog({ study, onClose }: { study: Study | null; onClose: () => void }) {
  const [busy, setBusy] = useState(false);
  const remove = async (): Promise<void> => {
    if (!study) return;
    setBusy(true);
    try {
      await deleteStudy(study.id);
      drop(study.id);
      toast(`${study.title} is deleted.`, "good");
      onClose();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      toast(`It was not deleted. ${error.message}`, "bad");
    } finally {
      setBusy(false);
    }
  };
  return (
    <Confirm open={study !== null} title="Delete this study?" verb="Delete" busy={busy} onClose={onClose} onConfirm={() => void remove()}>
      <p><b>{study?.title}</b></p>
      <p class="quiet">Its images, what was read and corrected, the report with all its versions: all of it goes, for good.</p>
    </Confirm>
  );
}
