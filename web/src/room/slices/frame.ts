/** A view's plane: which way is right and down, and where a screen point lies in the patient. */

import { type Vec3, add, apply, column, dot, scale, subtract, unit } from "./geometry";
import type { Volume } from "./volume";

export type Plane = "sagittal" | "axial" | "coronal";
export const PLANES: readonly Plane[] = ["sagittal", "axial", "coronal"];

/** What is asked of a view: a point its slice goes through, the point in its middle (the volume's where null), its zoom. */
export interface Look {
  readonly at: Vec3;
  readonly centre: Vec3 | null;
  readonly zoom: number;
}

/** origin is the centre of the first pixel; right and down are unit directions, mmPerPixel the step along both. */
export interface Frame {
  readonly plane: Plane;
  readonly origin: Vec3;
  readonly right: Vec3;
  readonly down: Vec3;
  readonly normal: Vec3;
  readonly mmPerPixel: number;
  readonly width: number;
  readonly height: number;
  readonly slice: number;
  readonly slices: number;
  readonly step: number;
}

/** How a view lies in the patient, whatever its size: all that a brush and the arrow keys need. */
export type Lie = Pick<Frame, "right" | "down" | "normal" | "step">;

interface Axis {
  readonly voxelAxis: 0 | 1 | 2;
  readonly direction: Vec3;
}

/** The voxel axes that come nearest to right, anterior and head, each used once, with their directions so turned. */
export function patientAxes(volume: Volume): readonly [Axis, Axis, Axis] {
  const orders: readonly (readonly [0 | 1 | 2, 0 | 1 | 2, 0 | 1 | 2])[] =
    [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
  const part = (axis: number, side: 0 | 1 | 2): number => unit(column(volume.affine, axis))[side];
  const fit = (order: readonly number[]): number =>
    order.reduce((sum, axis, side) => sum + Math.abs(part(axis, side as 0 | 1 | 2)), 0);
  const best = orders.reduce((p, q) => (fit(q) > fit(p) ? q : p));
  const axis = (side: 0 | 1 | 2): Axis => {
    const direction = unit(column(volume.affine, best[side]));
    return { voxelAxis: best[side], direction: direction[side] < 0 ? scale(direction, -1) : direction };
  };
  return [axis(0), axis(1), axis(2)];
}

/** Radiological: the patient's right on the left of the screen, anterior on the left of a sagittal view, head up. */
function screenAxes(volume: Volume, plane: Plane): { right: Axis; down: Axis; normal: Axis } {
  const [r, a, h] = patientAxes(volume);
  const back = (axis: Axis): Axis => ({ ...axis, direction: scale(axis.direction, -1) });
  if (plane === "sagittal") return { right: back(a), down: back(h), normal: r };
  if (plane === "axial") return { right: back(r), down: back(a), normal: h };
  return { right: back(r), down: back(h), normal: a };
}

/** The plane in which the volume was acquired: across its thickest voxel edge. */
export function nativePlane(volume: Volume): Plane {
  const [r, a, h] = patientAxes(volume);
  const edges = [volume.spacing[r.voxelAxis], volume.spacing[h.voxelAxis], volume.spacing[a.voxelAxis]];
  return PLANES[edges.indexOf(Math.max(...edges))] ?? "sagittal";
}

export const middle = (volume: Volume): Vec3 =>
  apply(volume.affine, [(volume.shape[0] - 1) / 2, (volume.shape[1] - 1) / 2, (volume.shape[2] - 1) / 2]);

/** Millimetres per pixel at which the whole volume fits the view. */
function fitting(volume: Volume, right: Axis, down: Axis, width: number, height: number): number {
  const extent = (axis: Axis): number => volume.shape[axis.voxelAxis] * volume.spacing[axis.voxelAxis];
  return Math.max(extent(right) / width, extent(down) / height);
}

/** The frame of a view of width × height pixels; its slice is the volume's own nearest to look.at. */
export function frameOf(volume: Volume, plane: Plane, look: Look, width: number, height: number): Frame {
  const { right, down, normal } = screenAxes(volume, plane);
  const axis = normal.voxelAxis;
  const voxel = [...apply(volume.inverse, look.at)] as [number, number, number];
  const slices = volume.shape[axis];
  const slice = Math.min(slices - 1, Math.max(0, Math.round(voxel[axis])));
  voxel[axis] = slice;
  const on = apply(volume.affine, voxel);
  const wanted = look.centre ?? middle(volume);
  const centre = add(wanted, scale(normal.direction, dot(subtract(on, wanted), normal.direction)));
  const mmPerPixel = fitting(volume, right, down, width, height) / look.zoom;
  const origin = subtract(
    subtract(centre, scale(right.direction, ((width - 1) / 2) * mmPerPixel)),
    scale(down.direction, ((height - 1) / 2) * mmPerPixel),
  );
  return {
    plane, origin, right: right.direction, down: down.direction, normal: normal.direction, mmPerPixel, width, height,
    slice, slices, step: volume.spacing[axis],
  };
}

export const toPatient = (frame: Frame, x: number, y: number): Vec3 =>
  add(frame.origin, add(scale(frame.right, x * frame.mmPerPixel), scale(frame.down, y * frame.mmPerPixel)));

/** Pixel of a point's foot on the plane, and how far the point lies before (+) or behind it. */
export function toScreen(frame: Frame, point: Vec3): { x: number; y: number; off: number } {
  const from = subtract(point, frame.origin);
  return {
    x: dot(from, frame.right) / frame.mmPerPixel,
    y: dot(from, frame.down) / frame.mmPerPixel,
    off: dot(from, frame.normal),
  };
}

/** The point moved by whole slices of the view, kept within the volume. Up the list is towards head, right or front. */
export function scrolled(volume: Volume, plane: Plane, from: Vec3, by: number): Vec3 {
  const { normal } = screenAxes(volume, plane);
  const axis = normal.voxelAxis;
  const voxel = [...apply(volume.inverse, from)] as [number, number, number];
  const forward = dot(column(volume.affine, axis), normal.direction) > 0 ? 1 : -1;
  voxel[axis] = Math.min(volume.shape[axis] - 1, Math.max(0, Math.round(voxel[axis]) + by * forward));
  return apply(volume.affine, voxel);
}
