/** From a volume and a frame to pixels: values in the plane, window and level, labels over them. */

import { apply, scale, turn } from "./geometry";
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

/** Codes in the plane, each pixel its nearest voxel's; 0 outside. */
export function sampleLabels(volume: Volume, frame: Frame): Int16Array {
  const { width, height } = frame;
  const out = new Int16Array(width * height);
  const { start, dx, dy } = walk(volume, frame);
  const [nx, ny, nz] = volume.shape;
  const { voxels } = volume;
  for (let row = 0, at = 0; row < height; row++) {
    let x = start[0]! + row * dy[0]! + 0.5;
    let y = start[1]! + row * dy[1]! + 0.5;
    let z = start[2]! + row * dy[2]! + 0.5;
    for (let col = 0; col < width; col++, at++, x += dx[0]!, y += dx[1]!, z += dx[2]!) {
      if (x < 0 || y < 0 || z < 0 || x >= nx || y >= ny || z >= nz) continue;
      out[at] = voxels[(x | 0) + nx * ((y | 0) + ny * (z | 0))]!;
    }
  }
  return out;
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
