/** The series of the study, to be put into a view by a click, by a key or by dragging. */

import { useEffect, useRef } from "preact/hooks";
import { useSession } from "../context";
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
      {ordered(session.series.value).map((line) => (
        <button key={line.key} type="button" class="film" draggable aria-pressed={line.key === active} title={line.description ?? line.key}
          data-key={line.key} onDragStart={(event) => event.dataTransfer?.setData("text/thecal-series", line.key)}
          onClick={() => stage.show(stage.active.value, line.key)}>
          <Thumbnail line={line} />
          <span class="film-words">
            <span>{roleName(session.words.value, line.role)}</span>
            <small>{line.plane} · {line.shape[2]} × {spaced(line)} mm</small>
          </span>
          {shown.has(line.key) && <span class="film-shown"><span class="hidden-text">shown</span></span>}
        </button>
      ))}
    </div>
  );
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
