/** What the label maps say of places: where each vertebra lies, and from where to where a lesion reaches. */

import { type Vec3, apply } from "../slices/geometry";
import type { Volume } from "../slices/volume";
import { vertebraName } from "./labels";

export interface Landmark {
  readonly name: string;
  readonly at: Vec3;
}

/** from is the uppermost, to the lowest of the lesion's voxels. */
export interface Span {
  readonly instance: number;
  readonly from: Vec3;
  readonly to: Vec3;
}

function walk(map: Volume, meet: (code: number, i: number, j: number, k: number) => void): void {
  const [nx, ny, nz] = map.shape;
  let at = 0;
  for (let k = 0; k < nz; k++) for (let j = 0; j < ny; j++) for (let i = 0; i < nx; i++, at++) {
    const code = map.voxels[at]!;
    if (code !== 0) meet(code, i, j, k);
  }
}

/** The centre of each labelled vertebra, from head to foot. */
export function vertebrae(anatomy: Volume): Landmark[] {
  const sums = new Map<number, [number, number, number, number]>();
  walk(anatomy, (code, i, j, k) => {
    const sum = sums.get(code);
    if (sum) { sum[0] += 1; sum[1] += i; sum[2] += j; sum[3] += k; }
    else sums.set(code, [1, i, j, k]);
  });
  const found: Landmark[] = [];
  for (const [code, [count, i, j, k]] of sums) {
    const name = vertebraName(code);
    if (name !== null) found.push({ name, at: apply(anatomy.affine, [i / count, j / count, k / count]) });
  }
  return found.sort((a, b) => b.at[2] - a.at[2]);
}

/** The upper and lower end of each lesion. */
export function spanOf(instances: Volume): Span[] {
  const ends = new Map<number, { from: Vec3; to: Vec3 }>();
  walk(instances, (instance, i, j, k) => {
    const point = apply(instances.affine, [i, j, k]);
    const end = ends.get(instance);
    if (!end) { ends.set(instance, { from: point, to: point }); return; }
    if (point[2] > end.from[2]) end.from = point;
    if (point[2] < end.to[2]) end.to = point;
  });
  return [...ends].map(([instance, end]) => ({ instance, ...end })).sort((a, b) => a.instance - b.instance);
}
