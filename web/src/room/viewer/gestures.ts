/** What the pointer does in a view. Left: the chosen tool. Right: window. Middle: pan. Wheel: slices; with Ctrl: zoom. */

import { isEarlier } from "../earlier";
import type { Session } from "../session";
import { type Vec3, add, distance, subtract } from "../slices/geometry";
import { type Frame, middle, toPatient, toScreen } from "../slices/frame";
import type { Window } from "../slices/render";
import { Stroke } from "../correcting/stroke";
import { proposeAt } from "../correcting/proposals";
import { measureText } from "./overlay";
import { type Kind, type Measure, POINTS, onSlice } from "./measures";
import { type Painter, subtraction } from "./painter";
import { PAINTING, type Tool } from "./stage";

interface Spot {
  readonly x: number;
  readonly y: number;
}

interface Drag {
  readonly tool: Tool;
  readonly from: Spot;
  readonly frame: Frame;
  readonly centre: Vec3;
  readonly window: Window | null;
  readonly zoom: number;
  stroke?: Stroke | undefined;
  measure?: { id: number; point: number } | undefined;
}

const GRAB = 9;
let lastMeasure = 0;

export class Gestures {
  private drag: Drag | null = null;
  /** The angle whose third point follows the pointer until the next press. */
  private open: number | null = null;
  private turned = 0;

  constructor(private readonly session: Session, private readonly painter: Painter, private readonly canvas: HTMLCanvasElement) {
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => this.release(event));
    canvas.addEventListener("pointercancel", (event) => this.release(event));
    canvas.addEventListener("pointerleave", () => this.leave());
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.addEventListener("dblclick", () => this.enlarge());
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  private get stage(): Session["stage"] {
    return this.session.stage;
  }

  private spot(event: PointerEvent | WheelEvent): Spot {
    const box = this.canvas.getBoundingClientRect();
    const { density } = this.painter;
    return { x: (event.clientX - box.left) * density, y: (event.clientY - box.top) * density };
  }

  private press(event: PointerEvent): void {
    this.stage.active.value = this.painter.index;
    const { frame } = this.painter;
    const view = this.painter.view();
    const film = view ? this.stage.film(view.series) : null;
    if (!frame || !view || !film) return;
    this.canvas.setPointerCapture(event.pointerId);
    const tool: Tool = event.button === 2 ? "window" : event.button === 1 ? "pan" : this.stage.tool.value;
    const from = this.spot(event);
    this.drag = {
      tool, from, frame, zoom: view.zoom, centre: view.centre ?? middle(film.volume), window: this.stage.window(this.windowKey()) ?? film.auto,
    };
    this.turned = 0;
    if (event.button === 0) this.begin(this.drag, from, event);
    event.preventDefault();
    this.canvas.closest<HTMLElement>("[tabindex]")?.focus({ preventScroll: true });
  }

  private begin(drag: Drag, from: Spot, event: PointerEvent): void {
    const point = toPatient(drag.frame, from.x, from.y);
    if (this.open !== null) {
      this.say(this.open);
      this.open = null;
      this.drag = null;
      return;
    }
    const grabbed = this.grabbed(drag.frame, from);
    if (grabbed && ["cross", "length", "angle", "roi"].includes(drag.tool)) drag.measure = grabbed;
    else if (drag.tool === "cross") this.point(point, event.shiftKey);
    else if (drag.tool === "length" || drag.tool === "angle" || drag.tool === "roi") drag.measure = this.newMeasure(drag.tool, point);
    else if (isEarlier(this.painter.view()?.series)) return;
    else if (drag.tool === "brush" || drag.tool === "eraser") drag.stroke = Stroke.begin(this.session, drag.tool, point, drag.frame);
    else if (drag.tool === "click") void proposeAt(this.session, point, event.shiftKey ? "add" : event.altKey ? "refuse" : "new", this.painter.view()?.series ?? null);
    else if (drag.tool === "level") this.stage.naming.value = point;
  }

  /** Moves the crosshair; with Shift in an earlier study says that this is the place the crosshair shows now. */
  private point(point: Vec3, match: boolean): void {
    const series = this.painter.view()?.series ?? null;
    if (match && isEarlier(series)) this.session.earlier.match(this.stage.crosshair.value, point);
    else this.stage.pointIn(series, point);
  }

  private newMeasure(kind: Kind, point: Vec3): { id: number; point: number } | undefined {
    const view = this.painter.view();
    if (!view?.series) return undefined;
    const measure: Measure = { id: ++lastMeasure, kind, series: view.series, plane: view.plane, points: [point, point] };
    this.stage.measures.value = [...this.stage.measures.value, measure];
    return { id: measure.id, point: 1 };
  }

  private grabbed(frame: Frame, at: Spot): { id: number; point: number } | undefined {
    const view = this.painter.view();
    for (const measure of this.stage.measures.value) {
      if (measure.series !== view?.series || measure.plane !== view.plane || !onSlice(frame, measure)) continue;
      const point = measure.points.findIndex((one) => {
        const { x, y } = toScreen(frame, one);
        return Math.hypot(x - at.x, y - at.y) < GRAB * this.painter.density;
      });
      if (point >= 0) return { id: measure.id, point };
    }
    return undefined;
  }

  private move(event: PointerEvent): void {
    const at = this.spot(event);
    this.stage.pointed.value = { view: this.painter.index, ...at };
    if (PAINTING.includes(this.stage.tool.value)) this.painter.hover.value = at;
    const { frame } = this.painter;
    if (this.open !== null && frame) this.setPoint(this.open, 2, toPatient(frame, at.x, at.y));
    const { drag } = this;
    if (!drag) return;
    const point = toPatient(drag.frame, at.x, at.y);
    if (drag.measure) this.setPoint(drag.measure.id, drag.measure.point, point);
    else if (drag.stroke) drag.stroke.extend(point);
    else if (drag.tool === "cross") this.point(point, event.shiftKey);
    else if (drag.tool === "window") this.turnWindow(drag, at);
    else if (drag.tool === "pan") this.pan(drag, at);
    else if (drag.tool === "zoom") this.zoomBy(drag, at);
  }

  private leave(): void {
    this.painter.hover.value = null;
    this.stage.pointed.value = null;
  }

  private release(event: PointerEvent): void {
    const { drag } = this;
    this.drag = null;
    if (!drag) return;
    drag.stroke?.end();
    if (drag.measure) this.finish(drag, this.spot(event));
  }

  /** A press without a pull leaves no measure; an angle's second leg follows the pointer. */
  private finish(drag: Drag, at: Spot): void {
    const { id, point } = drag.measure!;
    const measure = this.stage.measures.value.find((one) => one.id === id);
    if (!measure) return;
    const still = Math.hypot(at.x - drag.from.x, at.y - drag.from.y) < 3 * this.painter.density;
    if (still && distance(measure.points[0]!, measure.points[1]!) < 0.1) {
      this.stage.measures.value = this.stage.measures.value.filter((one) => one.id !== id);
    } else if (measure.points.length < POINTS[measure.kind] && point === 1) {
      this.setPoint(id, 2, measure.points[1]!);
      this.open = id;
    } else this.say(id);
  }

  private setPoint(id: number, index: number, point: Vec3): void {
    this.stage.measures.value = this.stage.measures.value.map((measure) => {
      if (measure.id !== id) return measure;
      const points = [...measure.points];
      points[index] = point;
      return { ...measure, points };
    });
  }

  private say(id: number): void {
    const measure = this.stage.measures.value.find((one) => one.id === id);
    if (measure && this.painter.frame) this.stage.said.value = `${measure.kind === "roi" ? "region" : measure.kind} ${measureText(measure, this.painter.frame, this.painter.values)}`;
  }

  private windowKey(): string {
    const view = this.painter.view();
    const key = this.painter.info.peek()?.shownSeries ?? view?.series ?? "";
    return view?.against?.how === "subtract" ? subtraction(key) : key;
  }

  /** To the right: wider; up: darker, as on most stations. */
  private turnWindow(drag: Drag, at: Spot): void {
    if (!drag.window) return;
    const film = this.stage.film(this.painter.view()?.series ?? null);
    const gain = (film?.auto.width ?? drag.window.width) / (400 * this.painter.density);
    this.stage.setWindow(this.windowKey(), {
      width: Math.max(drag.window.width + (at.x - drag.from.x) * gain, gain * 4),
      centre: drag.window.centre + (at.y - drag.from.y) * gain,
    });
  }

  private pan(drag: Drag, at: Spot): void {
    const moved = subtract(toPatient(drag.frame, drag.from.x, drag.from.y), toPatient(drag.frame, at.x, at.y));
    this.stage.change(this.painter.index, { centre: add(drag.centre, moved) });
  }

  private zoomBy(drag: Drag, at: Spot): void {
    const wanted = drag.zoom * Math.exp((drag.from.y - at.y) / (160 * this.painter.density));
    const now = this.painter.view()?.zoom ?? 1;
    this.stage.zoom(this.painter.index, wanted / now, toPatient(drag.frame, drag.from.x, drag.from.y));
  }

  private wheel(event: WheelEvent): void {
    event.preventDefault();
    this.stage.active.value = this.painter.index;
    if (event.ctrlKey || event.metaKey) {
      const at = this.spot(event);
      const about = this.painter.frame ? toPatient(this.painter.frame, at.x, at.y) : null;
      this.stage.zoom(this.painter.index, Math.exp(-event.deltaY / 400), about);
      return;
    }
    // A touch pad sends many small turns: they count together.
    this.turned += event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? event.deltaY / 50 : event.deltaY;
    const slices = Math.trunc(this.turned);
    if (slices === 0) return;
    this.turned -= slices;
    this.stage.scroll(this.painter.index, -slices);
  }

  private enlarge(): void {
    if (this.stage.tool.value !== "cross") return;
    this.stage.toggleLarge();
  }
}
