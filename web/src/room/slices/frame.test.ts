import { describe, expect, it } from "vitest";
import { type Affine, type Vec3, IDENTITY, apply, compose, distance, invert, letters, turn } from "./geometry";
import { frameOf, nativePlane, scrolled, toPatient, toScreen } from "./frame";
import { volumeOf } from "./volume";

const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/** A sagittal stack of unequal sides whose axes run backwards, down and to the right, turned by 12 degrees about the left-right axis. */
function sagittal(): ReturnType<typeof volumeOf> {
  const [c, s] = [Math.cos(radians(12)), Math.sin(radians(12))];
  const tilt: Affine = [1, 0, 0, 0, 0, c, -s, 0, 0, s, c, 0];
  const plain: Affine = [0, 0, 3.3, -40, -0.9, 0, 0, 30, 0, -0.7, 0, 25];
  return volumeOf([37, 53, 29], compose(tilt, plain), new Int16Array(37 * 53 * 29));
}

const look = (at: Vec3, zoom = 1) => ({ at, centre: null, zoom });

describe("geometry", () => {
  it("an affine and its inverse give the point back", () => {
    const { affine } = sagittal();
    const point: Vec3 = [3.5, -7.25, 11];
    expect(distance(apply(invert(affine), apply(affine, point)), point)).toBeLessThan(1e-9);
  });
  it("refuses a flat affine", () => {
    expect(() => invert([1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 1, 0])).toThrow(/flat/);
  });
  it("names the sides of the patient, two where a direction is oblique", () => {
    expect(letters([-1, 0, 0])).toBe("L");
    expect(letters([0, 0, -1])).toBe("F");
    expect(letters([0, 1, 0.6])).toBe("AH");
    expect(turn(IDENTITY, [1, 2, 3])).toEqual([1, 2, 3]);
  });
});

describe("a view's frame", () => {
  const volume = sagittal();
  it("is cut across the thickest edge where it is native", () => {
    expect(nativePlane(volume)).toBe("sagittal");
  });
  it("has anterior on the left of a sagittal view and the head on top", () => {
    const frame = frameOf(volume, "sagittal", look([0, 0, 0]), 300, 200);
    expect(letters(frame.right)).toBe("P");
    expect(letters(frame.down)).toBe("F");
  });
  it("has the patient's right on the left of axial and coronal views", () => {
    for (const plane of ["axial", "coronal"] as const) expect(letters(frameOf(volume, plane, look([0, 0, 0]), 300, 200).right)).toBe("L");
    expect(letters(frameOf(volume, "axial", look([0, 0, 0]), 300, 200).down)).toBe("P");
  });
  it("brings a point of the patient to the screen and back", () => {
    const frame = frameOf(volume, "coronal", look([-2, 5, 9], 2.5), 311, 173);
    const point = toPatient(frame, 40, 111);
    const { x, y, off } = toScreen(frame, point);
    expect([x, y, off].map((value) => Math.round(value * 1e6) / 1e6)).toEqual([40, 111, 0]);
  });
  it("goes through the centre of the volume's nearest slice", () => {
    const frame = frameOf(volume, "sagittal", look(apply(volume.affine, [10, 10, 7.4])), 300, 200);
    expect(frame.slice).toBe(7);
    expect(apply(volume.inverse, frame.origin)[2]).toBeCloseTo(7, 9);
  });
  it("scrolls by whole slices and stops at the last", () => {
    const from = apply(volume.affine, [10, 10, 7]);
    expect(apply(volume.inverse, scrolled(volume, "sagittal", from, 3))[2]).toBeCloseTo(10, 9);
    expect(apply(volume.inverse, scrolled(volume, "sagittal", from, 100))[2]).toBeCloseTo(28, 9);
    expect(scrolled(volume, "axial", from, 1)[2]).toBeGreaterThan(from[2]);
  });
});
