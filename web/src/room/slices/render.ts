/** From a volume and a frame to pixels: values in the plane, window and level, labels over them. */

import { apply, column, dot, scale, turn, unit } from "./geometry";
import type { Frame } from "./frame";
import type { Volume } from "./volume";

export interface Window {
  readonly centre: number;
  readonly width: number;
}

/** How a label map lies over the image: a colour per code (0xBBGGRR), opacity 0 to 1, outline alone or filled. */
export interface Overlay {
  readonly labels: Volume;
  readonly colour: (code: number) => number | null;
  readonly opacity: number;
  readonly outline: boolean;
}

/** Where the frame's first pixel lies in voxels, and the voxel steps of one pixel to the right and down. */
function walk(volume: Volume, frame: Frame): { start: readonly number[]; dx: readonly number[]; dy: readonly number[] } {
  return {
    start: apply(volume.inverse, frame.origin),
    dx: turn(volume.inverse, scale(frame.right, frame.mmPerPixel)),
    dy: turn(volume.inverse, scale(frame.down, frame.mmPerPixel)),
  };
}

/** Values in the plane by linear interpolation; not a number outside the volume. */
export function sampleValues(volume: Volume, frame: Frame): Float32Array {
  const { width, height } = frame;
  const out = new Float32Array(width * height);
  const { start, dx, dy } = walk(volume, frame);
  const [nx, ny, nz] = volume.shape;
  const { voxels, slope, intercept } = volume;
  const [jump, leap] = [nx, nx * ny];
  const [sx, sy, sz] = [start[0]!, start[1]!, start[2]!];
  const [ax, ay, az, bx, by, bz] = [dx[0]!, dx[1]!, dx[2]!, dy[0]!, dy[1]!, dy[2]!];
  for (let row = 0, at = 0; row < height; row++) {
    for (let col = 0; col < width; col++, at++) {
      let x = sx + col * ax + row * bx;
      let y = sy + col * ay + row * by;
      let z = sz + col * az + row * bz;
      if (x < -0.5 || y < -0.5 || z < -0.5 || x > nx - 0.5 || y > ny - 0.5 || z > nz - 0.5) {
        out[at] = NaN;
        continue;
      }
      x = x < 0 ? 0 : x > nx - 1 ? nx - 1 : x;
      y = y < 0 ? 0 : y > ny - 1 ? ny - 1 : y;
      z = z < 0 ? 0 : z > nz - 1 ? nz - 1 : z;
      const i = x | 0, j = y | 0, k = z | 0;
      const fx = x - i, fy = y - j, fz = z - k;
      const p = i + jump * j + leap * k;
      const px = fx > 0 ? 1 : 0, py = fy > 0 ? jump : 0, pz = fz > 1e-4 ? leap : 0;
      const near = (voxels[p]! * (1 - fx) + voxels[p + px]! * fx) * (1 - fy) + (voxels[p + py]! * (1 - fx) + voxels[p + py + px]! * fx) * fy;
      if (pz === 0) {
        out[at] = near * slope + intercept;
        continue;
      }
      const q = p + pz;
      const far = (voxels[q]! * (1 - fx) + voxels[q + px]! * fx) * (1 - fy) + (voxels[q + py]! * (1 - fx) + voxels[q + py + px]! * fx) * fy;
      out[at] = (near * (1 - fz) + far * fz) * slope + intercept;
    }
  }
  return out;
}

/** The voxel axis that runs most nearly across the plane. */
function across(volume: Volume, frame: Frame): number {
  const share = [0, 1, 2].map((axis) => Math.abs(dot(unit(column(volume.affine, axis)), frame.normal)));
  return share.indexOf(Math.max(...share));
}

/**
 * Codes in the plane; 0 outside. Across the plane the nearest voxel counts; within it a pixel has the code that weighs most among
 * the four voxels about it, so that an edge runs smoothly between voxels and still encloses what was drawn.
 */
export function sampleLabels(volume: Volume, frame: Frame): Int16Array {
  const { width, height } = frame;
  const out = new Int16Array(width * height);
  const { start, dx, dy } = walk(volume, frame);
  const n = across(volume, frame);
  const [u, v] = [(n + 1) % 3, (n + 2) % 3];
  const { shape, voxels } = volume;
  const steps = [1, shape[0], shape[0] * shape[1]];
  const [lastU, lastV, lastN] = [shape[u]! - 1, shape[v]! - 1, shape[n]! - 1];
  const [stepU, stepV, stepN] = [steps[u]!, steps[v]!, steps[n]!];
  for (let row = 0, at = 0; row < height; row++) {
    let x = start[u]! + row * dy[u]!;
    let y = start[v]! + row * dy[v]!;
    let z = start[n]! + row * dy[n]! + 0.5;
    for (let col = 0; col < width; col++, at++, x += dx[u]!, y += dx[v]!, z += dx[n]!) {
      if (z < 0 || z >= lastN + 1 || x < -0.5 || y < -0.5 || x >= lastU + 0.5 || y >= lastV + 0.5) continue;
      const i = x > 0 ? x | 0 : 0;
      const j = y > 0 ? y | 0 : 0;
      const p = i * stepU + j * stepV + (z | 0) * stepN;
      const right = i < lastU ? stepU : 0;
      const below = j < lastV ? stepV : 0;
      const a = voxels[p]!, b = voxels[p + right]!, c = voxels[p + below]!, d = voxels[p + right + below]!;
      out[at] = a === b && a === c && a === d ? a : heaviest(a, b, c, d, x > i ? x - i : 0, y > j ? y - j : 0);
    }
  }
  return out;
}

/** The code that weighs most among four corners (a b above c d), at a place between them. */
function heaviest(a: number, b: number, c: number, d: number, x: number, y: number): number {
  const [wa, wb, wc, wd] = [(1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y];
  const ta = wa + (b === a ? wb : 0) + (c === a ? wc : 0) + (d === a ? wd : 0);
  const tb = b === a ? 0 : wb + (c === b ? wc : 0) + (d === b ? wd : 0);
  const tc = c === a || c === b ? 0 : wc + (d === c ? wd : 0);
  const td = d === a || d === b || d === c ? 0 : wd;
  const top = Math.max(ta, tb, tc, td);
  return top === ta ? a : top === tb ? b : top === tc ? c : d;
}

/** Grey pixels (RGBA in memory order) of values under a window; black outside. */
export function grey(values: Float32Array, window: Window, pixels: Uint32Array): void {
  const low = window.centre - window.width / 2;
  const gain = 255 / Math.max(window.width, 1e-6);
  for (let at = 0; at < values.length; at++) {
    const value = (values[at]! - low) * gain;
    const shade = value >= 255 ? 255 : value > 0 ? (value + 0.5) | 0 : 0;
    pixels[at] = 0xff000000 | (shade << 16) | (shade << 8) | shade;
  }
}

function mixed(under: number, over: number, share: number): number {
  const part = (shift: number): number => {
    const a = (under >>> shift) & 255;
    return Math.round(a + (((over >>> shift) & 255) - a) * share) << shift;
  };
  return (0xff000000 | part(16) | part(8) | part(0)) >>> 0;
}

/** Lays codes over the pixels: filled, or their outline one or two pixels wide. */
export function cover(pixels: Uint32Array, codes: Int16Array, width: number, overlay: Omit<Overlay, "labels">): void {
  const reach = 1;
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at]!;
    if (code === 0) continue;
    const colour = overlay.colour(code);
    if (colour === null) continue;
    const edge = codes[at - reach] !== code || codes[at + reach] !== code ||
      codes[at - reach * width] !== code || codes[at + reach * width] !== code;
    if (edge) pixels[at] = mixed(pixels[at]!, colour, Math.min(1, overlay.opacity + 0.35));
    else if (!overlay.outline) pixels[at] = mixed(pixels[at]!, colour, overlay.opacity * 0.6);
  }
}

/** values of one image less another's, the second scaled so that its usual tissue is as bright. */
export function difference(after: Float32Array, before: Float32Array, factor: number): Float32Array {
  return after.map((value, at) => value - before[at]! * factor);
}
