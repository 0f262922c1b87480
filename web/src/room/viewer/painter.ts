/** Draws one view: the image with its labels on one canvas, all that is drawn over it on another. */

import { effect, signal } from "@preact/signals";
import type { Film } from "../films";
import { isEarlier } from "../earlier";
import type { LabelName, Session } from "../session";
import type { Vec3 } from "../slices/geometry";
import { type Frame, frameOf, toScreen } from "../slices/frame";
import { type Window, cover, difference, grey, sampleLabels, sampleValues } from "../slices/render";
import type { Volume } from "../slices/volume";
import { volumeOf } from "../slices/volume";
import { voxelsOf } from "../correcting/runs";
import { drawOver } from "./overlay";
import { anatomyColour, instanceColour, tissueColour } from "./labels";
import type { View } from "./hanging";

/** More pixels than this are not drawn: the browser scales the rest. */
const MOST_PIXELS = 1_600_000;
const COLOURS: Readonly<Record<LabelName, (code: number) => number | null>> =
  { anatomy: anatomyColour, lesion: tissueColour, instances: instanceColour };
const ORDER: readonly LabelName[] = ["anatomy", "instances", "lesion"];

export interface Info {
  readonly slice: number;
  readonly slices: number;
  readonly window: Window;
  readonly shownSeries: string;
  readonly failed: string | null;
  /** The crosshair lies beyond the first or last slice: the nearest is shown. */
  readonly beyond: boolean;
}

export class Painter {
  frame: Frame | null = null;
  values: Float32Array | null = null;
  readonly info = signal<Info | null>(null);
  /** Canvas pixels in one pixel of the page. */
  density = 1;
  /** Where the pointer is, in canvas pixels. */
  readonly hover = signal<{ x: number; y: number } | null>(null);
  private readonly size = signal<readonly [number, number]>([0, 0]);
  private readonly watch: ResizeObserver;
  private readonly unwatch: () => void;
  private request = 0;
  private kept = new Map<string, { key: string; values: Float32Array | Int16Array }>();
  private pixels: ImageData | null = null;
  private proposed: { of: unknown; map: Volume } | null = null;

  constructor(private readonly session: Session, readonly index: number, private readonly image: HTMLCanvasElement,
    private readonly over: HTMLCanvasElement) {
    this.watch = new ResizeObserver(([entry]) => entry && this.resize(entry.contentRect.width, entry.contentRect.height));
    this.watch.observe(image.parentElement!);
    this.unwatch = effect(() => {
      this.follow();
      cancelAnimationFrame(this.request);
      this.request = requestAnimationFrame(() => this.draw());
    });
  }

  stop(): void {
    cancelAnimationFrame(this.request);
    this.unwatch();
    this.watch.disconnect();
    this.kept.clear();
    this.image.width = this.over.width = 0;
  }

  private resize(width: number, height: number): void {
    const wanted = Math.min(devicePixelRatio || 1, Math.sqrt(MOST_PIXELS / Math.max(1, width * height)));
    this.density = wanted;
    const size: [number, number] = [Math.max(1, Math.round(width * wanted)), Math.max(1, Math.round(height * wanted))];
    for (const canvas of [this.image, this.over]) [canvas.width, canvas.height] = size;
    this.pixels = null;
    this.size.value = size;
  }

  /** Reads every signal the picture depends on. */
  private follow(): void {
    const { stage, painted, settled, labels, lesion, lesions } = this.session;
    const read = [this.size, this.hover, painted, settled, labels, lesion, lesions, stage.views, stage.crosshair, stage.crosshairShown, stage.windows,
      stage.measures, stage.looks, stage.rulerShown, stage.pulse, stage.proposal, stage.brush, stage.tool, stage.active, stage.landmarks,
      this.session.films.shown, this.session.films.failed, this.session.earlier.shared, this.session.earlier.steps];
    for (const one of read) void one.value;
    if (this.view()?.against?.how === "blink") void stage.beat.value;
  }

  view(): View | undefined {
    return this.session.stage.views.peek()[this.index];
  }

  private draw(): void {
    const view = this.view();
    const [width, height] = this.size.peek();
    const context = this.image.getContext("2d", { alpha: false });
    if (!view || !context || width < 2 || height < 2) return;
    const film = this.session.stage.film(view.series);
    if (!film) {
      this.frame = null;
      context.clearRect(0, 0, width, height);
      this.over.getContext("2d")?.clearRect(0, 0, width, height);
      this.info.value = this.missing(view);
      return;
    }
    const frame = frameOf(film.volume, view.plane, { at: this.session.stage.pointFor(view.series), centre: view.centre, zoom: view.zoom }, width, height);
    this.frame = frame;
    this.paint(context, film, view, frame);
    drawOver(this.over, this.session, this, frame, view);
  }

  private missing(view: View): Info | null {
    const failed = view.series === null ? undefined : this.session.films.failed.peek().get(view.series);
    return failed === undefined ? null : { slice: 0, slices: 0, window: { centre: 0, width: 1 }, shownSeries: view.series ?? "", failed, beyond: false };
  }

  private paint(context: CanvasRenderingContext2D, film: Film, view: View, frame: Frame): void {
    const shown = this.shownValues(film, view, frame);
    this.values = shown.values;
    this.pixels ??= context.createImageData(frame.width, frame.height);
    const pixels = new Uint32Array(this.pixels.data.buffer);
    grey(shown.values, shown.window, pixels);
    if (!isEarlier(view.series)) this.coverLabels(pixels, frame);
    context.putImageData(this.pixels, 0, 0);
    const beyond = isBeyond(frame, this.session.stage.pointFor(view.series));
    const info: Info = { slice: frame.slice, slices: frame.slices, window: shown.window, shownSeries: shown.series, failed: null, beyond };
    if (JSON.stringify(info) !== JSON.stringify(this.info.peek())) this.info.value = info;
  }

  private shownValues(film: Film, view: View, frame: Frame): { values: Float32Array; window: Window; series: string } {
    const { stage } = this.session;
    const own = { values: this.sampled("own", film.key, film.volume, frame), window: stage.windows.peek()[film.key] ?? film.auto, series: film.key };
    const other = view.against ? stage.film(view.against.series) : null;
    if (!view.against || !other) return own;
    const theirs = this.sampled("other", other.key, other.volume, frame);
    if (view.against.how === "blink") {
      return stage.beat.peek() ? { values: theirs, window: stage.windows.peek()[other.key] ?? other.auto, series: other.key } : own;
    }
    const window = stage.windows.peek()[subtraction(film.key)] ?? { centre: film.auto.width * 0.2, width: film.auto.width * 0.6 };
    return { values: difference(own.values, theirs, film.usual / other.usual), window, series: film.key };
  }

  private coverLabels(pixels: Uint32Array, frame: Frame): void {
    const { stage, labels } = this.session;
    for (const name of ORDER) {
      const look = stage.looks.peek()[name];
      const map = labels.peek()[name];
      if (!look.shown || !map) continue;
      const codes = this.sampled(name, `${name}${this.session.painted.peek()}`, map, frame);
      cover(pixels, codes, frame.width, { colour: COLOURS[name], opacity: look.opacity, outline: look.outline });
    }
    const proposal = this.proposalMap();
    if (proposal) cover(pixels, sampleLabels(proposal, frame), frame.width, { colour: () => 0xffffff, opacity: 0.5, outline: false });
  }

  private proposalMap(): Volume | null {
    const proposal = this.session.stage.proposal.peek();
    const grid = this.session.labels.peek().lesion;
    if (!proposal || !grid) {
      this.proposed = null;
      return null;
    }
    if (this.proposed?.of !== proposal) {
      const voxels = new Uint8Array(grid.voxels.length);
      for (const voxel of voxelsOf(proposal.runs)) voxels[voxel] = 1;
      this.proposed = { of: proposal, map: volumeOf(grid.shape, grid.affine, voxels) };
    }
    return this.proposed.map;
  }

  /** What was sampled for the same frame is kept: turning the window or pointing samples nothing anew. */
  private sampled(slot: "own" | "other", name: string, volume: Volume, frame: Frame): Float32Array;
  private sampled(slot: LabelName, name: string, volume: Volume, frame: Frame): Int16Array;
  private sampled(slot: string, name: string, volume: Volume, frame: Frame): Float32Array | Int16Array {
    const key = [name, frame.plane, ...frame.origin, frame.mmPerPixel, frame.width, frame.height].join("|");
    const kept = this.kept.get(slot);
    if (kept?.key === key) return kept.values;
    const values = slot === "own" || slot === "other" ? sampleValues(volume, frame) : sampleLabels(volume, frame);
    this.kept.set(slot, { key, values });
    return values;
  }

  canvases(): [HTMLCanvasElement, HTMLCanvasElement] | null {
    return this.frame ? [this.image, this.over] : null;
  }

  valueAt(x: number, y: number): number | null {
    if (!this.frame || !this.values) return null;
    const [col, row] = [Math.round(x), Math.round(y)];
    if (col < 0 || row < 0 || col >= this.frame.width || row >= this.frame.height) return null;
    const value = this.values[row * this.frame.width + col]!;
    return Number.isNaN(value) ? null : value;
  }
}

/** Whether a point lies outside the stack of slices. */
export const isBeyond = (frame: Frame, point: Vec3): boolean => Math.abs(toScreen(frame, point).off) > frame.step * 0.51;

/** The window of a series' subtraction is its own. */
export const subtraction = (key: string): string => `${key} subtracted`;
