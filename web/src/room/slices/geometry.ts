/** Points, directions and affine maps in patient space: RAS millimetres. */

export type Vec3 = readonly [number, number, number];

/** Three rows of four numbers: a point p goes to M·p + t. */
export type Affine = readonly number[];

export const IDENTITY: Affine = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0];

export const add = (a: Vec3, b: Vec3): Vec3 => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
export const subtract = (a: Vec3, b: Vec3): Vec3 => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
export const scale = (a: Vec3, by: number): Vec3 => [a[0] * by, a[1] * by, a[2] * by];
export const dot = (a: Vec3, b: Vec3): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const length = (a: Vec3): number => Math.hypot(a[0], a[1], a[2]);
export const distance = (a: Vec3, b: Vec3): number => length(subtract(a, b));

export function unit(a: Vec3): Vec3 {
  const size = length(a);
  return size === 0 ? a : scale(a, 1 / size);
}

const at = (m: Affine, row: number, column: number): number => m[row * 4 + column] ?? 0;

/** A direction carried over: without the shift. */
export function turn(m: Affine, v: Vec3): Vec3 {
  const row = (r: number): number => at(m, r, 0) * v[0] + at(m, r, 1) * v[1] + at(m, r, 2) * v[2];
  return [row(0), row(1), row(2)];
}

/** A point carried over. */
export function apply(m: Affine, p: Vec3): Vec3 {
  return add(turn(m, p), [at(m, 0, 3), at(m, 1, 3), at(m, 2, 3)]);
}

/** Column of the linear part: where a step along one voxel axis goes. */
export const column = (m: Affine, axis: number): Vec3 => [at(m, 0, axis), at(m, 1, axis), at(m, 2, axis)];

/** First b, then a. */
export function compose(a: Affine, b: Affine): Affine {
  const columns = [0, 1, 2].map((axis) => turn(a, column(b, axis)));
  const shift = apply(a, column(b, 3));
  return [0, 1, 2].flatMap((r) => [...columns.map((c) => c[r as 0 | 1 | 2]), shift[r as 0 | 1 | 2]]);
}

/** The way back; refuses a map that flattens space. */
export function invert(m: Affine): Affine {
  const [a, b, c] = [column(m, 0), column(m, 1), column(m, 2)];
  const cross = (u: Vec3, v: Vec3): Vec3 => [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
  const volume = dot(a, cross(b, c));
  if (Math.abs(volume) < 1e-12) throw new Error("expected an affine that can be inverted, found a flat one");
  const rows = [cross(b, c), cross(c, a), cross(a, b)].map((row) => scale(row, 1 / volume));
  const shift = column(m, 3);
  return rows.flatMap((row) => [...row, -dot(row, shift)]);
}

/** The letter of the patient's side a direction points to, two where it is oblique by more than 20 degrees: L, AH. */
export function letters(direction: Vec3): string {
  const d = unit(direction);
  const names: readonly (readonly [string, string])[] = [["R", "L"], ["A", "P"], ["H", "F"]];
  return [0, 1, 2]
    .map((axis) => ({ size: Math.abs(d[axis as 0 | 1 | 2]), name: names[axis]?.[d[axis as 0 | 1 | 2]! > 0 ? 0 : 1] ?? "" }))
    .sort((p, q) => q.size - p.size)
    .filter((side, rank) => rank === 0 || side.size > Math.sin((20 * Math.PI) / 180))
    .slice(0, 2)
    .map((side) => side.name)
    .join("");
}
