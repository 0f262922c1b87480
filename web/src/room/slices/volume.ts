/** A volume as it comes from the server: NIfTI, usually gzipped, voxels in Fortran order. */

import { type Affine, type Vec3, column, compose, invert, length } from "./geometry";

export type Voxels = Uint8Array | Int8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array | Float64Array;

export interface Volume {
  readonly shape: Vec3;
  readonly affine: Affine;
  readonly inverse: Affine;
  readonly spacing: Vec3;
  readonly voxels: Voxels;
  readonly slope: number;
  readonly intercept: number;
}

type Maker = new (buffer: ArrayBuffer, offset: number, length: number) => Voxels;
const TYPES: Readonly<Record<number, readonly [Maker, number]>> = {
  2: [Uint8Array, 1], 4: [Int16Array, 2], 8: [Int32Array, 4], 16: [Float32Array, 4], 64: [Float64Array, 8],
  256: [Int8Array, 1], 512: [Uint16Array, 2], 768: [Uint32Array, 4],
};

/** Voxel to RAS mm by the quaternion of the header. */
function affineOfQuaternion(view: DataView): Affine {
  const f = (offset: number): number => view.getFloat32(offset, true);
  const [b, c, d] = [f(256), f(260), f(264)];
  const a = Math.sqrt(Math.max(0, 1 - b * b - c * c - d * d));
  const [i, j, k] = [f(80), f(84), f(88) * (f(76) < 0 ? -1 : 1)];
  return [
    (a * a + b * b - c * c - d * d) * i, 2 * (b * c - a * d) * j, 2 * (b * d + a * c) * k, f(268),
    2 * (b * c + a * d) * i, (a * a + c * c - b * b - d * d) * j, 2 * (c * d - a * b) * k, f(272),
    2 * (b * d - a * c) * i, 2 * (c * d + a * b) * j, (a * a + d * d - b * b - c * c) * k, f(276),
  ];
}

function affineOf(view: DataView): Affine {
  if (view.getInt16(254, true) <= 0) return affineOfQuaternion(view);
  return Array.from({ length: 12 }, (_, index) => view.getFloat32(280 + index * 4, true));
}

/** Reads an unpacked NIfTI-1 file; the first volume where there are several. */
export function readNifti(buffer: ArrayBuffer): Volume {
  const view = new DataView(buffer);
  if (buffer.byteLength < 352 || view.getInt32(0, true) !== 348) throw new Error("expected a NIfTI-1 file, found something else");
  const kind = TYPES[view.getInt16(70, true)];
  if (!kind) throw new Error(`expected voxels of a plain number type, found NIfTI type ${view.getInt16(70, true)}`);
  const shape: Vec3 = [view.getInt16(42, true), view.getInt16(44, true), view.getInt16(46, true)];
  const count = shape[0] * shape[1] * shape[2];
  const offset = view.getFloat32(108, true);
  const [make, bytes] = kind;
  const body = offset % bytes === 0 ? buffer : buffer.slice(offset);
  const voxels = new make(body, body === buffer ? offset : 0, count);
  return volumeOf(shape, affineOf(view), voxels, view.getFloat32(112, true) || 1, view.getFloat32(116, true) || 0);
}

export function volumeOf(shape: Vec3, affine: Affine, voxels: Voxels, slope = 1, intercept = 0): Volume {
  const spacing: Vec3 = [length(column(affine, 0)), length(column(affine, 1)), length(column(affine, 2))];
  return { shape, affine, inverse: invert(affine), spacing, voxels, slope, intercept };
}

/** The same voxels in another space: the series' scanner millimetres carried to the study's reference. */
export const moved = (volume: Volume, to: Affine): Volume =>
  volumeOf(volume.shape, compose(to, volume.affine), volume.voxels, volume.slope, volume.intercept);

async function unpacked(buffer: ArrayBuffer): Promise<ArrayBuffer> {
  const head = new Uint8Array(buffer, 0, Math.min(2, buffer.byteLength));
  if (head[0] !== 0x1f || head[1] !== 0x8b) return buffer;
  const stream = new Blob([buffer]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

/** Fetches and reads one volume; the caller may stop it. */
export async function fetchVolume(url: string, signal?: AbortSignal): Promise<Volume> {
  const answer = await fetch(url, { credentials: "same-origin", ...(signal ? { signal } : {}) });
  if (!answer.ok) throw new Error(`the server answered ${answer.status} for ${url.split("?")[0] ?? url}`);
  return readNifti(await unpacked(await answer.arrayBuffer()));
}

/** Index of a voxel in the flat array; -1 outside. */
export function indexOf(shape: Vec3, i: number, j: number, k: number): number {
  if (i < 0 || j < 0 || k < 0 || i >= shape[0] || j >= shape[1] || k >= shape[2]) return -1;
  return i + shape[0] * (j + shape[1] * k);
}

/** A share of the voxels' values, by a sample of at most 40,000 of them; zero (outside the body) left out. */
export function percentiles(volume: Volume, shares: readonly number[]): number[] {
  const step = Math.max(1, Math.floor(volume.voxels.length / 40000));
  const values: number[] = [];
  for (let index = 0; index < volume.voxels.length; index += step) {
    const value = volume.voxels[index] ?? 0;
    if (value !== 0 && Number.isFinite(value)) values.push(value * volume.slope + volume.intercept);
  }
  values.sort((p, q) => p - q);
  return shares.map((share) => values[Math.min(values.length - 1, Math.floor(share * values.length))] ?? 0);
}
