/** The series of the study, to be put into a view by a click, by a key or by dragging. */

import { useEffect, useRef, useState } from "preact/hooks";
import { listStudies } from "../../api/studies";
import type { Study } from "../../api/types";
import { Menu, type MenuEntry } from "../../parts/menu";
import { toast } from "../../parts/toast";
import { useSession } from "../context";
import { isEarlier } from "../earlier";
import { frameOf, middle } from "../slices/frame";
import { grey, sampleValues } from "../slices/render";
import { roleName } from "../words";
import { ordered, planeOf } from "./hanging";
import type { SeriesLine } from "../types";

const SIZE = 56;

export function Strip() {
  const session = useSession();
  const { stage } = session;
  const shown = new Set(stage.visible.value.map((index) => stage.views.value[index]?.series));
  const active = stage.views.value[stage.active.value]?.series;
  return (
    <div class="strip" role="group" aria-label="Series">
      {stripOrder(session.series.value).map((line) => (
        <button key={line.key} type="button" class="film" draggable aria-pressed={line.key === active} title={line.description ?? line.key}
          data-key={line.key} onDragStart={(event) => event.dataTransfer?.setData("text/thecal-series", line.key)}
          onClick={() => stage.show(stage.active.value, line.key)}>
          <Thumbnail line={line} />
          <span class="film-words">
            <span>{isEarlier(line.key) && "Earlier: "}{roleName(session.words.value, line.role)}</span>
            <small>{line.plane} · {line.shape[2]} × {spaced(line)} mm</small>
          </span>
          {shown.has(line.key) && <span class="film-shown"><span class="hidden-text">shown</span></span>}
        </button>
      ))}
      <EarlierStudy />
    </div>
  );
}

/** This study's series, then the earlier one's. */
const stripOrder = (series: readonly SeriesLine[]): SeriesLine[] =>
  [false, true].flatMap((before) => ordered(series.filter((line) => isEarlier(line.key) === before)));

/** Chooses an earlier study to be shown in step. */
function EarlierStudy() {
  const session = useSession();
  const [others, setOthers] = useState<Study[] | null>(null);
  const { earlier } = session;
  const load = (): void => void listStudies().then((all) => setOthers(choices(all, session.id)), () => toast("The list of studies did not come.", "bad"));
  const away = (): void => {
    earlier.close();
    session.stage.dropEarlier();
  };
  const open = (study: Study): void => {
    away();
    void earlier.open(study.id, study.title).catch((error: unknown) => toast(`It did not come: ${String(error)}`, "bad"));
  };
  const entries: MenuEntry[] = [
    ...(earlier.name.value ? [{ name: "Put it away", run: away }] : []),
    ...(others ?? []).map((study) => ({ name: study.title, detail: [study.patient?.name?.replaceAll("^", " "), study.acquired_on].filter(Boolean).join(", "), run: () => open(study) })),
  ];
  if (entries.length === 0) entries.push({ name: others === null ? "Looking…" : "No other study has been read", disabled: true });
  const step = earlier.shared.value ? `in step by ${earlier.shared.value} vertebrae` : "no vertebra shared: Shift-click in it where the crosshair is";
  return (
    <div class="film-menu">
      <Menu label="Earlier study" size="s" entries={entries} onOpen={load}>Earlier study</Menu>
      {earlier.name.value && <small class="quiet">{step}</small>}
    </div>
  );
}

/** Studies that can be set beside this one, the same patient's first. */
function choices(all: readonly Study[], own: string): Study[] {
  const name = all.find((study) => study.id === own)?.patient?.name;
  const same = (study: Study): number => Number(Boolean(name) && study.patient?.name === name);
  return all.filter((study) => study.id !== own && (study.state === "ready" || study.state === "approved")).sort((a, b) => same(b) - same(a));
}

const spaced = (line: SeriesLine): string => Number(line.spacing[2].toFixed(1)).toString();

/** The middle slice, drawn when the series has come. */
function Thumbnail({ line }: { line: SeriesLine }) {
  const session = useSession();
  const canvas = useRef<HTMLCanvasElement>(null);
  const film = session.films.shown.value.get(line.key);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!film || !context) return;
    const frame = frameOf(film.volume, planeOf(line), { at: middle(film.volume), centre: null, zoom: 1 }, SIZE, SIZE);
    const pixels = context.createImageData(SIZE, SIZE);
    grey(sampleValues(film.volume, frame), film.auto, new Uint32Array(pixels.data.buffer));
    context.putImageData(pixels, 0, 0);
  }, [film]);
  return <canvas ref={canvas} width={SIZE} height={SIZE} aria-hidden="true" />;
}
