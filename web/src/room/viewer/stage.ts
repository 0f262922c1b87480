/** What the views show: one crosshair in the patient, series and planes, windows, tools and measures. */

import { batch, computed, effect, signal } from "@preact/signals";
import type { Session } from "../session";
import { isEarlier } from "../earlier";
import { type Vec3, add, subtract } from "../slices/geometry";
import { type Lie, type Plane, frameOf, middle, nativePlane, scrolled } from "../slices/frame";
import type { Window } from "../slices/render";
import type { Place, SeriesLine } from "../types";
import type { Film } from "../films";
import { type Against, type Layout, type View, LAYOUTS, hang, partner, planeOf } from "./hanging";
import { type Landmark, vertebrae } from "./landmarks";
import type { Measure } from "./measures";

export type Tool = "cross" | "window" | "pan" | "zoom" | "length" | "angle" | "roi" | "brush" | "eraser" | "click" | "level";
export const PAINTING: readonly Tool[] = ["brush", "eraser", "click"];

export interface LabelLook {
  readonly shown: boolean;
  readonly opacity: number;
  readonly outline: boolean;
}

const EMPTY: View = { series: null, plane: "sagittal", centre: null, zoom: 1, against: null };

export class Stage {
  readonly crosshair = signal<Vec3>([0, 0, 0]);
  readonly crosshairShown = signal(true);
  readonly layout = signal<Layout>("4");
  readonly views = signal<readonly View[]>([EMPTY, EMPTY, EMPTY, EMPTY]);
  readonly active = signal(0);
  readonly windows = signal<Readonly<Record<string, Window>>>({});
  readonly tool = signal<Tool>("cross");
  readonly measures = signal<readonly Measure[]>([]);
  readonly looks = signal<Readonly<Record<"anatomy" | "lesion" | "instances", LabelLook>>>({
    anatomy: { shown: false, opacity: 0.35, outline: true },
    lesion: { shown: true, opacity: 0.45, outline: true },
    instances: { shown: false, opacity: 0.45, outline: true },
  });
  readonly rulerShown = signal(true);
  /** Where a jump has just led: a ring shows it for a moment. */
  readonly pulse = signal<Vec3 | null>(null);
  /** Turns over twice a second while anything blinks. */
  readonly beat = signal(false);
  /** Whether the 3-D view is open. */
  readonly solid = signal(false);
  readonly brush = signal({ radiusMm: 2.5, deep: false, code: 1 });
  readonly proposal = signal<{ runs: readonly (readonly [number, number])[]; add: number[][]; refuse: number[][]; at: number[]; ms: number } | null>(null);
  /** Where the reader points in order to name a vertebra. */
  readonly naming = signal<Vec3 | null>(null);

  /** Where the pointer is: the view and its pixel. */
  readonly pointed = signal<{ view: number; x: number; y: number } | null>(null);
  /** The last measure in words, for the status line. */
  readonly said = signal("");

  readonly landmarks = computed<Landmark[]>(() => {
    const anatomy = this.session.labels.value.anatomy;
    return anatomy ? vertebrae(anatomy) : [];
  });
  readonly count = computed(() => LAYOUTS.find((layout) => layout.key === this.layout.value)?.views ?? 4);
  readonly visible = computed<number[]>(() =>
    this.layout.value === "1" ? [this.active.value] : Array.from({ length: this.count.value }, (_, index) => index));

  private pulseTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly session: Session) {}

  hangUp(series: readonly SeriesLine[]): void {
    batch(() => {
      this.views.value = hang(series);
      this.active.value = 0;
      this.centreOnFirst();
    });
    const stop = effect(() => {
      if (!this.visible.value.every((index) => this.isHere(this.views.value[index]?.series))) return;
      queueMicrotask(() => stop());
      void this.session.films.wantAll(series, (key) => this.session.toReference(key));
    });
  }

  private isHere(key: string | null | undefined): boolean {
    const { shown, failed } = this.session.films;
    return !key || shown.value.has(key) || failed.value.has(key);
  }

  /** Before a lesion says where to look, the middle of the first series does. */
  private centreOnFirst(): void {
    const stop = effect(() => {
      const film = this.film(this.views.value[0]?.series ?? null);
      if (!film) return;
      queueMicrotask(() => stop());
      if (this.crosshair.peek().every((part) => part === 0)) this.crosshair.value = middle(film.volume);
    });
  }

  /** The crosshair in the space of a series: an earlier study has its own. */
  pointFor(key: string | null): Vec3 {
    const at = this.crosshair.value;
    return isEarlier(key) ? add(at, this.session.earlier.shift(at)) : at;
  }

  /** Puts the crosshair on a point of a series' space. */
  pointIn(key: string | null, point: Vec3): void {
    this.crosshair.value = isEarlier(key) ? subtract(point, this.session.earlier.shift(this.crosshair.value)) : point;
  }

  film(key: string | null): Film | null {
    if (key === null) return null;
    const line = this.session.series.value.find((one) => one.key === key);
    return this.session.films.want(line, this.session.toReference(key));
  }

  /** How a view lies in the patient; null while its series is on the way. Does not wait until it is drawn. */
  lie(index: number): Lie | null {
    const view = this.views.value[index];
    const film = view ? this.film(view.series) : null;
    return view && film ? frameOf(film.volume, view.plane, { at: this.pointFor(view.series), centre: null, zoom: 1 }, 2, 2) : null;
  }

  window(key: string): Window | null {
    return this.windows.value[key] ?? this.session.films.shown.value.get(key)?.auto ?? null;
  }

  setWindow(key: string, window: Window | null): void {
    const { [key]: _, ...others } = this.windows.value;
    this.windows.value = window === null ? others : { ...others, [key]: window };
  }

  change(index: number, change: Partial<View>): void {
    this.views.value = this.views.value.map((view, at) => (at === index ? { ...view, ...change } : view));
  }

  /** Puts a series into a view, in the plane it was acquired in. */
  show(index: number, key: string): void {
    const line = this.session.series.value.find((one) => one.key === key);
    if (line) this.change(index, { series: key, plane: planeOf(line), centre: null, zoom: 1, against: null });
  }

  setPlane(index: number, plane: Plane): void {
    this.change(index, { plane, centre: null, zoom: 1 });
  }

  scroll(index: number, by: number): void {
    const view = this.views.value[index];
    const film = view ? this.film(view.series) : null;
    if (view && film) this.pointIn(view.series, scrolled(film.volume, view.plane, this.pointFor(view.series), by));
  }

  zoom(index: number, factor: number, about: Vec3 | null): void {
    const view = this.views.value[index];
    const film = view ? this.film(view.series) : null;
    if (!view || !film) return;
    const zoom = Math.min(16, Math.max(0.5, view.zoom * factor));
    const centre = view.centre ?? middle(film.volume);
    const point = about ?? this.pointFor(view.series);
    const share = 1 - view.zoom / zoom;
    const drawn = centre.map((part, axis) => part + (point[axis as 0 | 1 | 2] - part) * share) as unknown as Vec3;
    this.change(index, { zoom, centre: drawn });
  }

  reset(index: number): void {
    const series = this.views.value[index]?.series;
    this.change(index, { centre: null, zoom: 1, against: null });
    if (series) this.setWindow(series, null);
  }

  /** Shows a place in its series: in a view that has the series, else in the view of its plane, else in the active one. */
  goTo(place: Place): void {
    const point = this.session.pointOf(place);
    const line = this.session.series.value.find((one) => one.key === place.series_key);
    batch(() => {
      this.crosshair.value = point;
      if (line) {
        const has = this.visible.value.find((index) => this.views.value[index]?.series === line.key && this.views.value[index]?.plane === planeOf(line));
        const fits = this.layout.value === "1" ? undefined : this.visible.value.find((index) => this.views.value[index]?.plane === planeOf(line));
        const index = has ?? fits ?? this.active.value;
        if (has === undefined) this.show(index, line.key);
        this.active.value = index;
        if ((this.views.value[index]?.zoom ?? 1) > 1) this.change(index, { centre: point });
      }
      this.ring(point);
    });
  }

  /** Marks a point for a moment. */
  ring(point: Vec3): void {
    this.pulse.value = point;
    clearTimeout(this.pulseTimer);
    this.pulseTimer = setTimeout(() => (this.pulse.value = null), 1800);
  }

  /** Views of an earlier study show this one's again. */
  dropEarlier(): void {
    const first = this.session.series.value.find((line) => !isEarlier(line.key));
    this.views.value = this.views.value.map((view) => (isEarlier(view.series) ? { ...view, series: first?.key ?? null, centre: null, zoom: 1, against: null } : view));
    this.session.films.drop(isEarlier);
  }

  private before: Layout = "4";

  /** One view alone, and back to the layout before. */
  toggleLarge(): void {
    if (this.layout.value === "1") this.layout.value = this.before;
    else [this.before, this.layout.value] = [this.layout.value, "1"];
  }

  /** Sets or ends blinking or subtraction of the active view against its partner. */
  against(how: Against["how"]): void {
    const index = this.active.value;
    const view = this.views.value[index];
    if (!view?.series) return;
    if (view.against?.how === how) {
      this.change(index, { against: null });
      return;
    }
    const other = partner(this.session.series.value, view.series);
    if (other) this.change(index, { against: { how, series: other.key } });
  }

  /** Whether a view shows its series as it was acquired, not cut from it. */
  isNative(view: View): boolean {
    const film = this.film(view.series);
    return film !== null && nativePlane(film.volume) === view.plane;
  }

  look(name: "anatomy" | "lesion" | "instances", change: Partial<LabelLook>): void {
    this.looks.value = { ...this.looks.value, [name]: { ...this.looks.value[name], ...change } };
  }
}
