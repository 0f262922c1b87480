import { describe, expect, it } from "vitest";
import { pairs, shiftAt } from "../earlier";
import type { Vec3 } from "../slices/geometry";
import { volumeOf } from "../slices/volume";
import type { SeriesLine } from "../types";
import { hang, ordered, partner } from "./hanging";
import { LEVELS, anatomyColour, instanceColour, tissueColour, vertebraName } from "./labels";
import { spanOf, vertebrae } from "./landmarks";
import { angleDegrees, lengthMm, regionOf } from "./measures";

function series(key: string, role: string, plane: string, contrast = false): SeriesLine {
  return { key, role, plane, contrast, description: null, shape: [37, 53, 29], spacing: [1, 1, 3], to_reference: null, digest: key };
}

const study = [
  series("ax_t2", "T2w", "axial"), series("sag_t1", "T1w", "sagittal"), series("sag_t1c", "T1w_ce", "sagittal", true),
  series("ax_t1c", "T1w_ce", "axial", true), series("sag_t2", "T2w", "sagittal"),
];

describe("measures", () => {
  it("length and angle are in millimetres and degrees", () => {
    expect(lengthMm([[1, 2, 3], [4, 6, 3]])).toBe(5);
    expect(angleDegrees([[1, 0, 0], [0, 0, 0], [0, 0, 4]])).toBeCloseTo(90, 9);
    expect(angleDegrees([[1, 0, 0], [0, 0, 0], [1, 0, 0]])).toBeCloseTo(0, 5);
  });
  it("a region has the mean, spread and area of its ellipse", () => {
    const values = new Float32Array(100 * 60).fill(7);
    for (let at = 0; at < values.length; at += 2) values[at] = 9;
    const region = regionOf(values, 100, { x: 50, y: 30, rx: 20, ry: 10 }, 0.5);
    expect(region.mean).toBeCloseTo(8, 1);
    expect(region.sd).toBeCloseTo(1, 1);
    expect(region.areaMm2).toBeCloseTo(Math.PI * 10 * 5, 6);
    expect(region.pixels).toBeGreaterThan(600);
  });
  it("what lies outside the image does not count", () => {
    const values = new Float32Array(100).fill(NaN);
    values[55] = 4;
    expect(regionOf(values, 10, { x: 5, y: 5, rx: 30, ry: 30 }, 1)).toMatchObject({ mean: 4, pixels: 1 });
  });
});

describe("hanging", () => {
  it("shows T2 and enhanced T1, sagittal above axial", () => {
    expect(hang(study).map((view) => view.series)).toEqual(["sag_t2", "sag_t1c", "ax_t2", "ax_t1c"]);
  });
  it("cuts what is missing from what there is", () => {
    const views = hang([series("only", "T2w", "sagittal")]);
    expect(views.map((view) => [view.series, view.plane])).toEqual([["only", "sagittal"], ["only", "sagittal"], ["only", "axial"], ["only", "coronal"]]);
  });
  it("sets before beside after contrast in one plane", () => {
    expect(partner(study, "sag_t1c")?.key).toBe("sag_t1");
    expect(partner(study, "sag_t1")?.key).toBe("sag_t1c");
    expect(partner([study[0]!], "ax_t2")).toBeNull();
  });
  it("orders the strip by plane and role", () => {
    expect(ordered(study).map((line) => line.key)).toEqual(["sag_t2", "sag_t1", "sag_t1c", "ax_t2", "ax_t1c"]);
  });
});

describe("labels", () => {
  it("every code of the contract has a colour, every other none", () => {
    const anatomy = [1, 2, 3, 11, 17, 21, 33, 41, 46, 50, 63, 67, 71, 83, 91, 96, 100];
    expect(anatomy.every((code) => anatomyColour(code) !== null)).toBe(true);
    expect(anatomyColour(55)).toBeNull();
    for (let code = 1; code <= 12; code++) expect(tissueColour(code)).not.toBeNull();
    expect(tissueColour(13)).toBeNull();
    expect(instanceColour(0)).toBeNull();
    expect(instanceColour(9)).toBe(instanceColour(1));
  });
  it("vertebrae bear their names", () => {
    expect([11, 17, 21, 32, 41, 45, 50].map(vertebraName)).toEqual(["C1", "C7", "T1", "T12", "L1", "L5", "S1"]);
    expect(vertebraName(71)).toBeNull();
    expect(LEVELS.length).toBe(25);
  });
  it("are found at their centre, from head to foot, and lesions from end to end", () => {
    const map = volumeOf([3, 3, 9], [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 2, 0], new Int16Array(81));
    map.voxels.fill(22, 9, 18);
    map.voxels.fill(21, 54, 63);
    expect(vertebrae(map).map(({ name, at }) => [name, at])).toEqual([["T1", [1, 1, 12]], ["T2", [1, 1, 2]]]);
    expect(spanOf(map)[0]).toMatchObject({ instance: 21, from: [0, 0, 12] });
  });
});

describe("an earlier study", () => {
  const here = [{ name: "T1", at: [0, 0, 40] as Vec3 }, { name: "T2", at: [0, 2, 20] as Vec3 }, { name: "T3", at: [0, 4, 0] as Vec3 }];
  const there = [{ name: "T2", at: [1, 2, 25] as Vec3 }, { name: "T3", at: [1, 6, 1] as Vec3 }];
  const known = pairs(here, there);

  it("is in step at each shared vertebra, and between them by how near they are", () => {
    expect(known.map((one) => one.shift)).toEqual([[1, 0, 5], [1, 2, 1]]);
    expect(shiftAt(known, [0, 0, 20])).toEqual([1, 0, 5]);
    expect(shiftAt(known, [0, 0, 10])).toEqual([1, 1, 3]);
    expect(shiftAt(known, [0, 0, 90])).toEqual([1, 0, 5]);
  });
  it("stays where it is while nothing is shared", () => {
    expect(shiftAt(pairs(here, []), [3, 3, 3])).toEqual([0, 0, 0]);
  });
});
