/** Lengths, angles and regions in millimetres, drawn on one slice of one series and kept with it. */

import { type Vec3, distance, dot, subtract, unit } from "../slices/geometry";
import { type Frame, type Plane, toScreen } from "../slices/frame";

export type Kind = "length" | "angle" | "roi";

/** points: two ends; end, corner, end; the two corners of an ellipse's box. */
export interface Measure {
  readonly id: number;
  readonly kind: Kind;
  readonly series: string;
  readonly plane: Plane;
  readonly points: readonly Vec3[];
}

export const POINTS: Readonly<Record<Kind, number>> = { length: 2, angle: 3, roi: 2 };

export const lengthMm = (points: readonly Vec3[]): number => distance(points[0]!, points[1]!);

/** The angle at the middle point, in degrees. */
export function angleDegrees(points: readonly Vec3[]): number {
  const one = unit(subtract(points[0]!, points[1]!));
  const other = unit(subtract(points[2]!, points[1]!));
  return (Math.acos(Math.min(1, Math.max(-1, dot(one, other)))) * 180) / Math.PI;
}

export interface Ellipse {
  readonly x: number;
  readonly y: number;
  readonly rx: number;
  readonly ry: number;
}

/** The ellipse that fills the box of two corners, in pixels of the frame. */
export function ellipseOf(frame: Frame, points: readonly Vec3[]): Ellipse {
  const a = toScreen(frame, points[0]!);
  const b = toScreen(frame, points[1]!);
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, rx: Math.abs(a.x - b.x) / 2, ry: Math.abs(a.y - b.y) / 2 };
}

export interface Region {
  readonly mean: number;
  readonly sd: number;
  readonly areaMm2: number;
  readonly pixels: number;
}

/** Mean, standard deviation and area of the values within an ellipse; the area is the ellipse's own. */
export function regionOf(values: Float32Array, width: number, ellipse: Ellipse, mmPerPixel: number): Region {
  let [count, sum, squares] = [0, 0, 0];
  const height = values.length / width;
  const [x0, x1] = [Math.max(0, Math.ceil(ellipse.x - ellipse.rx)), Math.min(width - 1, Math.floor(ellipse.x + ellipse.rx))];
  const [y0, y1] = [Math.max(0, Math.ceil(ellipse.y - ellipse.ry)), Math.min(height - 1, Math.floor(ellipse.y + ellipse.ry))];
  for (let y = y0; y <= y1; y++) {
    for (let x = x0; x <= x1; x++) {
      const value = values[y * width + x]!;
      const inside = ((x - ellipse.x) / ellipse.rx) ** 2 + ((y - ellipse.y) / ellipse.ry) ** 2 <= 1;
      if (!inside || Number.isNaN(value)) continue;
      count += 1;
      sum += value;
      squares += value * value;
    }
  }
  const mean = sum / count;
  return {
    mean, sd: Math.sqrt(Math.max(0, squares / count - mean * mean)), pixels: count,
    areaMm2: Math.PI * ellipse.rx * ellipse.ry * mmPerPixel ** 2,
  };
}

/** Whether a measure lies on the slice that is seen: within half a slice of it. */
export const onSlice = (frame: Frame, measure: Measure): boolean =>
  measure.points.every((point) => Math.abs(toScreen(frame, point).off) <= frame.step / 2 + 1e-3);
