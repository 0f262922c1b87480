import { describe, expect, it } from "vitest";
import type { Evidence, Kept } from "../types";
import { measured, percent, topState } from "../words";
import { swapped } from "./blind";
import { balance } from "./compare";
import { firstBefore } from "./findings";
import { mapLine } from "./history";
import { factor } from "./weights";

const evidence = (entity: string, finding: string, weight: number): Evidence => ({ entity, finding, state: "present", weight, counts: [], judged: 0 });

describe("words", () => {
  it("a share is never rounded to never or always", () => {
    expect([0, 0.0004, 0.5, 0.996, 1].map(percent)).toEqual(["0%", "<1%", "50%", ">99%", "100%"]);
  });
  it("a number has its spread and unit", () => {
    expect(measured({ value: 136.93, unit: "%", sd: 9.7 }, {})).toBe("137 ± 9.7 %");
    expect(measured({ value: 585.4, unit: "mm3", sd: null }, {})).toBe("585 mm³");
    expect(measured({ value: 0.785, unit: "1", sd: 0.03 }, {})).toBe("0.79 ± 0.03");
  });
  it("of equally probable states the first in the alphabet is shown", () => {
    expect(topState({ present: 0.5, absent: 0.5 })).toEqual(["absent", 0.5]);
  });
});

describe("the differential", () => {
  it("a weight is a factor for or against", () => {
    expect([Math.log(2.4), -Math.log(1.7), Math.log(31)].map(factor)).toEqual(["×2.4", "÷1.7", "×31"]);
  });
  it("two entities are weighed sign by sign, the strongest first", () => {
    const rows = balance([evidence("a", "x", 1), evidence("b", "x", 0.25), evidence("b", "y", 2), evidence("c", "x", 9)], "a", "b");
    expect(rows.map(({ finding, weight }) => [finding, weight])).toEqual([["y", -2], ["x", 0.75]]);
  });
});

describe("corrections", () => {
  it("what was measured is what stood before the first of them", () => {
    const change = (number: number, reason: string): Kept => ({ number, by: "a", at: "", why: "", target: "t/x", before: { code: "x", subject: "t", reason }, after: null });
    expect(firstBefore([change(4, "second"), change(2, "first")], "t/x")).toMatchObject({ reason: "first" });
    expect(firstBefore([], "t/x")).toBeUndefined();
  });
  it("what was drawn is told by its size", () => {
    expect(mapLine("lesion", { edits: [{ code: 1, voxels: 24 }, { code: 0, voxels: 3 }] })).toBe("The mask: 24 voxels drawn, 3 erased");
    expect(mapLine("lesion", { edits: [{ code: 0, voxels: 24 }], undoes: 1 })).toBe("The mask: 24 erased, taking back change 1");
    expect(mapLine("anatomy", { name: "T7" })).toBe("A vertebra named T7");
  });
  it("a place in the blind list is changed with the one before it", () => {
    expect(swapped(["a", "b", "c"], 2)).toEqual(["a", "c", "b"]);
  });
});
