import { describe, expect, it } from "vitest";
import { type Affine, type Vec3, apply, distance } from "../slices/geometry";
import { indexOf, volumeOf } from "../slices/volume";
import { between, touched } from "./brush";
import { gapNear } from "./proposals";
import { applyEdits, joined, runsOf, selected, sizeOf, voxelsOf } from "./runs";

const shape: Vec3 = [37, 53, 29];
const affine: Affine = [0, 0, 3.3, -40, -0.9, 0, 0, 30, 0, -0.9, 0, 25];
const grid = volumeOf(shape, affine, new Int16Array(shape[0] * shape[1] * shape[2]));
const blank = (): { tissue: Int16Array; instance: Int16Array } => ({ tissue: new Int16Array(60), instance: new Int16Array(60) });

describe("runs", () => {
  it("hold a set of voxels, in order and once each", () => {
    const runs = runsOf([9, 4, 3, 5, 20, 9]);
    expect(runs).toEqual([[3, 3], [9, 1], [20, 1]]);
    expect([...voxelsOf(runs)]).toEqual([3, 4, 5, 9, 20]);
    expect(sizeOf(runs)).toBe(5);
  });
  it("an edit and what it gives back leave the map as it was", () => {
    const map = blank();
    applyEdits(map, [{ code: 1, instance: 1, runs: [[5, 10]] }, { code: 4, instance: 1, runs: [[8, 3]] }]);
    const before = [map.tissue.slice(), map.instance.slice()];
    const back = applyEdits(map, [{ code: 3, instance: 2, runs: [[0, 12]] }, { code: 0, instance: 2, runs: [[9, 20]] }]);
    expect(map.tissue[9]).toBe(0);
    expect(map.instance[9]).toBe(0);
    applyEdits(map, back);
    expect([map.tissue, map.instance]).toEqual(before);
  });
  it("edits of one tissue and instance are joined", () => {
    const edits = [{ code: 0, instance: 0, runs: [[4, 1]] as const }, { code: 2, instance: 1, runs: [[9, 2]] as const }, { code: 0, instance: 0, runs: [[5, 2]] as const }];
    expect(joined(edits)).toEqual([{ code: 0, instance: 0, runs: [[4, 3]] }, { code: 2, instance: 1, runs: [[9, 2]] }]);
  });
  it("voxels outside the map are left alone", () => {
    const map = blank();
    applyEdits(map, [{ code: 1, instance: 1, runs: [[58, 10]] }]);
    expect(selected(map, () => true)).toEqual([58, 59]);
  });
});

describe("the brush", () => {
  const at = apply(affine, [18, 26, 14]);
  const flat = { normal: [1, 0, 0] as Vec3, thicknessMm: 3.3 };
  it("a disc stays in its slice and within its radius", () => {
    const voxels = touched(grid, at, { radiusMm: 2, deep: false }, flat);
    const points = voxels.map((voxel) => [voxel % 37, Math.floor(voxel / 37) % 53, Math.floor(voxel / (37 * 53))] as const);
    expect(points.every(([, , k]) => k === 14)).toBe(true);
    expect(points.every(([i, j, k]) => distance(apply(affine, [i, j, k]), at) <= 2 + 1e-9)).toBe(true);
    expect(voxels.length).toBe(13);
  });
  it("a ball reaches across slices", () => {
    const slices = new Set(touched(grid, at, { radiusMm: 4, deep: true }, flat).map((voxel) => Math.floor(voxel / (37 * 53))));
    expect([...slices].sort()).toEqual([13, 14, 15]);
  });
  it("a slice thinner than a voxel still meets one layer", () => {
    const off: Vec3 = [at[0] + 1.2, at[1], at[2]];
    const voxels = touched(grid, off, { radiusMm: 1, deep: false }, { normal: [1, 0, 0], thicknessMm: 0.5 });
    expect(new Set(voxels.map((voxel) => Math.floor(voxel / (37 * 53))))).toEqual(new Set([14]));
  });
  it("touches the voxel under the point however small it is", () => {
    expect(touched(grid, at, { radiusMm: 0.01, deep: true }, flat)).toEqual([indexOf(shape, 18, 26, 14)]);
  });
  it("leaves no gap between two places of the pointer", () => {
    const points = between([0, 0, 0], [10, 0, 0], 1);
    expect(points.length).toBe(10);
    expect(points.at(-1)).toEqual([10, 0, 0]);
  });
});

describe("filling", () => {
  it("takes the gap that the slice lies in, or the nearest", () => {
    expect(gapNear([3, 4, 8, 12], 6)).toEqual([4, 8]);
    expect(gapNear([3, 4, 8, 12], 20)).toEqual([8, 12]);
    expect(gapNear([3, 4, 5], 4)).toBeNull();
    expect(gapNear([], 4)).toBeNull();
  });
});
