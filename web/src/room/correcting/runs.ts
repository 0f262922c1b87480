/** Sets of voxels as runs of the flat array (Fortran order), and edits of the lesion map made of them. */

export type Run = readonly [start: number, length: number];

/** These voxels take this tissue and instance; code 0 takes them out. */
export interface Edit {
  readonly code: number;
  readonly instance: number;
  readonly runs: readonly Run[];
}

/** Tissue and instance of every voxel of the reference grid. */
export interface LesionMap {
  readonly tissue: Int16Array;
  readonly instance: Int16Array;
}

/** The runs of a set of voxel indices, in order. */
export function runsOf(indices: Iterable<number>): Run[] {
  const sorted = [...new Set(indices)].sort((a, b) => a - b);
  const runs: [number, number][] = [];
  for (const index of sorted) {
    const last = runs[runs.length - 1];
    if (last && index === last[0] + last[1]) last[1] += 1;
    else runs.push([index, 1]);
  }
  return runs;
}

export function* voxelsOf(runs: readonly Run[]): Generator<number> {
  for (const [start, length] of runs) for (let step = 0; step < length; step++) yield start + step;
}

export const sizeOf = (runs: readonly Run[]): number => runs.reduce((sum, [, length]) => sum + length, 0);

/** Applies edits in turn; gives the edits that put back what was there. */
export function applyEdits(map: LesionMap, edits: readonly Edit[]): Edit[] {
  const before = new Map<number, readonly [number, number]>();
  for (const { code, instance, runs } of edits) {
    for (const voxel of voxelsOf(runs)) {
      if (voxel < 0 || voxel >= map.tissue.length) continue;
      if (!before.has(voxel)) before.set(voxel, [map.tissue[voxel]!, map.instance[voxel]!]);
      map.tissue[voxel] = code;
      map.instance[voxel] = code === 0 ? 0 : instance;
    }
  }
  return grouped(before);
}

/** The same edits, those of one tissue and instance in one: for edits that meet no voxel twice. */
export function joined(edits: readonly Edit[]): Edit[] {
  const voxels = edits.flatMap(({ code, instance, runs }) => [...voxelsOf(runs)].map((voxel) => [voxel, [code, instance]] as const));
  return grouped(new Map(voxels));
}

/** One edit for each pair of tissue and instance. */
function grouped(voxels: ReadonlyMap<number, readonly [number, number]>): Edit[] {
  const groups = new Map<string, { code: number; instance: number; indices: number[] }>();
  for (const [voxel, [code, instance]] of voxels) {
    const key = `${code}/${instance}`;
    const group = groups.get(key) ?? { code, instance, indices: [] };
    group.indices.push(voxel);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ code, instance, indices }) => ({ code, instance, runs: runsOf(indices) }));
}

/** The voxels that meet a condition on tissue and instance. */
export function selected(map: LesionMap, wanted: (tissue: number, instance: number) => boolean): number[] {
  const found: number[] = [];
  for (let voxel = 0; voxel < map.tissue.length; voxel++) {
    if (map.tissue[voxel] !== 0 && wanted(map.tissue[voxel]!, map.instance[voxel]!)) found.push(voxel);
  }
  return found;
}
