/** One view of the study: its image, what is drawn over it, and in its corners what it shows. */

import { useEffect, useRef, useState } from "preact/hooks";
import { Button } from "../../parts/button";
import { useSession } from "../context";
import { isEarlier } from "../earlier";
import { PLANES } from "../slices/frame";
import { planeOf } from "./hanging";
import { roleName } from "../words";
import { Gestures } from "./gestures";
import { Painter } from "./painter";

export function ViewBox({ index, onPainter }: { index: number; onPainter: (index: number, painter: Painter | null) => void }) {
  const session = useSession();
  const image = useRef<HTMLCanvasElement>(null);
  const over = useRef<HTMLCanvasElement>(null);
  const [painter, setPainter] = useState<Painter | null>(null);
  useEffect(() => {
    const made = new Painter(session, index, image.current!, over.current!);
    new Gestures(session, made, over.current!);
    setPainter(made);
    onPainter(index, made);
    return () => {
      made.stop();
      onPainter(index, null);
    };
  }, [session, index]);
  const { stage } = session;
  const box = useRef<HTMLDivElement>(null);
  const chosen = stage.active.value === index;
  useEffect(() => {
    const focused = document.activeElement?.closest(".view");
    if (chosen && focused && focused !== box.current) box.current?.focus({ preventScroll: true });
  }, [chosen]);
  const view = stage.views.value[index];
  const info = painter?.info.value ?? null;
  const line = session.series.value.find((one) => one.key === view?.series);
  const name = line ? `${isEarlier(line.key) ? "earlier: " : ""}${view?.plane} ${roleName(session.words.value, line.role)}` : "no series";
  const choose = (): void => { stage.active.value = index; };
  const drop = (event: DragEvent): void => {
    const key = event.dataTransfer?.getData("text/thecal-series");
    if (!key) return;
    event.preventDefault();
    stage.show(index, key);
    choose();
  };
  return (
    <div ref={box} class={`view${chosen ? " view-active" : ""}`} tabIndex={0} role="group" aria-label={`View ${index + 1}: ${name}${info?.slices ? `, slice ${info.slice + 1} of ${info.slices}` : ""}`}
      data-view={index} data-series={view?.series ?? ""} data-plane={view?.plane} data-slice={info?.slices ? info.slice : undefined}
      data-shown={info?.shownSeries} data-ready={painter?.frame && info ? "true" : undefined}
      onFocus={choose} onDragOver={(event) => event.preventDefault()} onDrop={drop}>
      <div class="view-canvas">
        <canvas ref={image} aria-hidden="true" />
        <canvas ref={over} class={`view-over tool-${stage.tool.value}`} aria-hidden="true" />
      </div>
      {line && <Corners index={index} name={name} seriesKey={line.key} native={planeOf(line) === view?.plane} info={info} />}
      {!info && line && <p class="view-note" role="status"><span class="spinner" aria-hidden="true" /> Loading {name}</p>}
      {info?.failed && line && (
        <div class="view-note"><p>{name} did not come: {info.failed}</p><Button size="s" onClick={() => session.films.retry(line.key)}>Try again</Button></div>
      )}
    </div>
  );
}

function Corners({ index, name, seriesKey, native, info }: { index: number; name: string; seriesKey: string; native: boolean; info: Painter["info"]["value"] }) {
  const { stage, words, series } = useSession();
  const view = stage.views.value[index]!;
  const against = view.against && series.value.find((one) => one.key === view.against!.series);
  const letter = (plane: string): string => plane.charAt(0).toUpperCase();
  const shown = series.value.find((one) => one.key === info?.shownSeries);
  return (
    <>
      <div class="corner corner-tl">
        <span class="corner-name" title={seriesKey}>{name}{native ? "" : " (reformatted)"}</span>
        {info?.beyond && <span class="corner-against">The crosshair lies beyond this stack</span>}
        {view.against && against && (
          <span class="corner-against">{view.against.how === "blink" ? `in turn with ${roleName(words.value, against.role)}: ${roleName(words.value, shown?.role ?? "")}` : `less ${roleName(words.value, against.role)}`}</span>
        )}
      </div>
      <div class="corner corner-tr">
        <span class="planes" role="group" aria-label={`Plane of view ${index + 1}`}>
          {PLANES.map((plane) => (
            <button key={plane} type="button" aria-label={plane} title={plane} aria-pressed={view.plane === plane} onClick={() => stage.setPlane(index, plane)}>{letter(plane)}</button>
          ))}
        </span>
        {info && !info.failed && <span class="number">{info.slice + 1}/{info.slices}</span>}
      </div>
      {info && !info.failed && <div class="corner corner-bl number">W {Math.round(info.window.width)} L {Math.round(info.window.centre)}</div>}
    </>
  );
}
