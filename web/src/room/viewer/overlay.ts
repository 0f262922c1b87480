/** What is drawn over the image: crosshair, sides of the patient, ruler, measures, brush. */

import { isEarlier } from "../earlier";
import type { Session } from "../session";
import { type Vec3, letters, scale } from "../slices/geometry";
import { type Frame, toScreen } from "../slices/frame";
import type { View } from "./hanging";
import { instanceCss, tissueCss } from "./labels";
import { type Measure, angleDegrees, ellipseOf, lengthMm, onSlice, regionOf } from "./measures";
import type { Painter } from "./painter";
import { PAINTING } from "./stage";

const INK = "rgb(245 240 200)";
const MEASURE = "rgb(120 225 255)";
const CROSS = "rgb(255 214 102 / 75%)";

interface Pen {
  readonly on: CanvasRenderingContext2D;
  readonly frame: Frame;
  readonly density: number;
}

export function drawOver(canvas: HTMLCanvasElement, session: Session, painter: Painter, frame: Frame, view: View): void {
  const on = canvas.getContext("2d");
  if (!on) return;
  on.clearRect(0, 0, canvas.width, canvas.height);
  const pen: Pen = { on, frame, density: painter.density };
  const { stage } = session;
  const before = isEarlier(view.series);
  if (stage.crosshairShown.peek()) drawCross(pen, stage.pointFor(view.series));
  drawSides(pen);
  drawScale(pen);
  if (stage.rulerShown.peek() && view.plane !== "axial" && !before) drawRuler(pen, session);
  for (const measure of stage.measures.peek()) {
    if (measure.series === view.series && measure.plane === view.plane && onSlice(frame, measure)) drawMeasure(pen, measure, painter.values);
  }
  const pulse = stage.pulse.peek();
  if (pulse && !before) drawRing(pen, pulse);
  const hover = painter.hover.peek();
  if (hover && !before && PAINTING.includes(stage.tool.peek())) drawBrush(pen, session, hover);
}

function line(pen: Pen, points: readonly (readonly [number, number])[]): void {
  pen.on.beginPath();
  points.forEach(([x, y], index) => (index === 0 ? pen.on.moveTo(x, y) : pen.on.lineTo(x, y)));
  pen.on.stroke();
}

/** Words with a dark rim, so that they can be read on any image. */
function write(pen: Pen, text: string, x: number, y: number, colour: string, align: CanvasTextAlign, size = 12, weight = 500): void {
  const { on, density } = pen;
  on.font = `${weight} ${size * density}px system-ui, sans-serif`;
  on.textAlign = align;
  on.textBaseline = "middle";
  on.lineWidth = 3 * density;
  on.strokeStyle = "rgb(0 0 0 / 75%)";
  on.strokeText(text, x, y);
  on.fillStyle = colour;
  on.fillText(text, x, y);
}

function drawCross(pen: Pen, at: Vec3): void {
  const { on, frame, density } = pen;
  const { x, y, off } = toScreen(frame, at);
  const gap = 9 * density;
  on.strokeStyle = CROSS;
  // Dashed where this slice is not the point's own.
  if (Math.abs(off) > frame.step * 0.51) on.setLineDash([2 * density, 8 * density]);
  on.lineWidth = density;
  const [cx, cy] = [Math.round(x) + 0.5, Math.round(y) + 0.5];
  line(pen, [[0, cy], [cx - gap, cy]]);
  line(pen, [[cx + gap, cy], [frame.width, cy]]);
  line(pen, [[cx, 0], [cx, cy - gap]]);
  line(pen, [[cx, cy + gap], [cx, frame.height]]);
  on.setLineDash([]);
}

function drawSides(pen: Pen): void {
  const { frame, density } = pen;
  const edge = 13 * density;
  const [w, h] = [frame.width, frame.height];
  write(pen, letters(scale(frame.right, -1)), edge, h / 2, INK, "center", 14, 650);
  write(pen, letters(frame.right), w - edge, h / 2, INK, "center", 14, 650);
  write(pen, letters(scale(frame.down, -1)), w / 2, edge, INK, "center", 14, 650);
  write(pen, letters(frame.down), w / 2, h - edge, INK, "center", 14, 650);
}

/** A bar of round length in the lower right corner. */
function drawScale(pen: Pen): void {
  const { on, frame, density } = pen;
  const mm = [100, 50, 20, 10, 5, 2].find((length) => length / frame.mmPerPixel < frame.width * 0.22) ?? 1;
  const length = mm / frame.mmPerPixel;
  const [x, y] = [frame.width - 14 * density, frame.height - 30 * density];
  on.strokeStyle = INK;
  on.lineWidth = 1.5 * density;
  line(pen, [[x - length, y - 4 * density], [x - length, y], [x, y], [x, y - 4 * density]]);
  write(pen, mm >= 10 ? `${mm / 10} cm` : `${mm} mm`, x - length / 2, y - 11 * density, INK, "center", 11);
}

/** Names of the vertebrae at their height, and beside them how far each lesion reaches. */
function drawRuler(pen: Pen, session: Session): void {
  const { on, frame, density } = pen;
  let last = -Infinity;
  for (const { name, at } of session.stage.landmarks.peek()) {
    const { y } = toScreen(frame, at);
    if (y < 0 || y > frame.height || y - last < 12 * density) continue;
    last = y;
    on.strokeStyle = "rgb(230 200 79 / 85%)";
    on.lineWidth = density;
    line(pen, [[30 * density, y], [40 * density, y]]);
    write(pen, name, 56 * density, y, "rgb(240 215 110)", "center", 11, 600);
  }
  for (const { instance, from, to } of session.spans.peek()) {
    const [a, b] = [toScreen(frame, from).y, toScreen(frame, to).y];
    const x = (29 - 5 * ((instance - 1) % 2)) * density;
    on.strokeStyle = instanceCss(instance);
    on.lineWidth = 3 * density;
    line(pen, [[x, Math.min(a, b) - density], [x, Math.max(a, b) + density]]);
  }
}

function drawRing(pen: Pen, at: Vec3): void {
  const { on, frame, density } = pen;
  const { x, y } = toScreen(frame, at);
  on.strokeStyle = INK;
  on.lineWidth = 2 * density;
  on.beginPath();
  on.arc(x, y, 16 * density, 0, 2 * Math.PI);
  on.stroke();
}

function drawBrush(pen: Pen, session: Session, hover: { x: number; y: number }): void {
  const { on, frame, density } = pen;
  const { radiusMm, code } = session.stage.brush.peek();
  const tool = session.stage.tool.peek();
  on.strokeStyle = tool === "brush" ? tissueCss(code) : "rgb(255 255 255)";
  on.lineWidth = 1.5 * density;
  on.beginPath();
  on.arc(hover.x, hover.y, tool === "click" ? 4 * density : radiusMm / frame.mmPerPixel, 0, 2 * Math.PI);
  on.stroke();
}

/** What a measure says: its length, its angle, or mean ± sd and area of its region. */
export function measureText(measure: Measure, frame: Frame, values: Float32Array | null): string {
  if (measure.kind === "length") return `${lengthMm(measure.points).toFixed(1)} mm`;
  if (measure.kind === "angle") return measure.points.length === 3 ? `${angleDegrees(measure.points).toFixed(1)}°` : "";
  if (!values) return "";
  const region = regionOf(values, frame.width, ellipseOf(frame, measure.points), frame.mmPerPixel);
  return region.pixels ? `${region.mean.toFixed(0)} ± ${region.sd.toFixed(0)}, ${region.areaMm2.toFixed(1)} mm²` : "";
}

function drawMeasure(pen: Pen, measure: Measure, values: Float32Array | null): void {
  const { on, frame, density } = pen;
  const points = measure.points.map((point) => toScreen(frame, point));
  on.strokeStyle = MEASURE;
  on.lineWidth = 1.5 * density;
  if (measure.kind === "roi") {
    const { x, y, rx, ry } = ellipseOf(frame, measure.points);
    on.beginPath();
    on.ellipse(x, y, rx, ry, 0, 0, 2 * Math.PI);
    on.stroke();
  } else {
    line(pen, points.map(({ x, y }) => [x, y] as const));
  }
  for (const { x, y } of points) {
    on.fillStyle = MEASURE;
    on.fillRect(x - 2 * density, y - 2 * density, 4 * density, 4 * density);
  }
  const last = points[points.length - 1]!;
  write(pen, measureText(measure, frame, values), last.x + 8 * density, last.y + 12 * density, MEASURE, "left", 12, 600);
}
