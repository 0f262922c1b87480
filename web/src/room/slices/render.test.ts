import { describe, expect, it } from "vitest";
import { type Affine, type Vec3, IDENTITY, apply, dot } from "./geometry";
import { frameOf, toPatient, toScreen } from "./frame";
import { cover, difference, grey, sampleLabels, sampleValues } from "./render";
import { fetchVolume, indexOf, readNifti, volumeOf } from "./volume";

const shape: Vec3 = [37, 53, 29];
const affine: Affine = [0.2, 0, 3.1, -40, -0.9, 0.1, 0.05, 30, 0.05, -0.7, 0, 25];
const slope: Vec3 = [1.5, -2, 0.75];

/** Voxels whose value is linear in the patient's millimetres: sampling must give it back anywhere. */
function ramp(): ReturnType<typeof volumeOf> {
  const voxels = new Float32Array(shape[0] * shape[1] * shape[2]);
  for (let k = 0; k < shape[2]; k++) for (let j = 0; j < shape[1]; j++) for (let i = 0; i < shape[0]; i++) {
    voxels[indexOf(shape, i, j, k)] = dot(apply(affine, [i, j, k]), slope);
  }
  return volumeOf(shape, affine, voxels);
}

describe("sampling", () => {
  it("gives back a linear image at any point of any plane", () => {
    const volume = ramp();
    for (const plane of ["sagittal", "axial", "coronal"] as const) {
      const frame = frameOf(volume, plane, { at: apply(affine, [18, 26, 14]), centre: null, zoom: 3 }, 61, 47);
      const values = sampleValues(volume, frame);
      for (const [x, y] of [[30, 23], [10, 20], [50, 30]] as const) {
        const value = values[y * 61 + x]!;
        expect(Math.abs(value - dot(toPatient(frame, x, y), slope))).toBeLessThan(1e-3);
      }
    }
  });
  it("tells what lies outside", () => {
    const frame = frameOf(ramp(), "axial", { at: [0, 0, 0], centre: [900, 0, 0], zoom: 1 }, 20, 20);
    expect(sampleValues(ramp(), frame).every(Number.isNaN)).toBe(true);
  });
  it("takes labels from another grid through the patient", () => {
    const labels = volumeOf(shape, affine, new Int16Array(shape[0] * shape[1] * shape[2]));
    labels.voxels[indexOf(shape, 18, 26, 14)] = 4;
    const frame = frameOf(ramp(), "sagittal", { at: apply(affine, [18, 26, 14]), centre: apply(affine, [18, 26, 14]), zoom: 8 }, 41, 41);
    const codes = sampleLabels(labels, frame);
    expect(codes[20 * 41 + 20]).toBe(4);
    expect(codes[0]).toBe(0);
  });
  it("rounds the corners of a drawn square, keeps its straight sides and its neighbours", () => {
    const plain: Affine = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 3, 0];
    const labels = volumeOf([11, 11, 5], plain, new Int16Array(11 * 11 * 5));
    for (let j = 3; j <= 7; j++) for (let i = 3; i <= 7; i++) labels.voxels[indexOf(labels.shape, i, j, 2)] = i <= 5 ? 1 : 2;
    const frame = frameOf(labels, "axial", { at: [5, 5, 6.9], centre: null, zoom: 1 }, 110, 110);
    const code = (i: number, j: number): number => {
      const { x, y } = toScreen(frame, [i, j, 6]);
      return sampleLabels(labels, frame)[Math.round(y) * 110 + Math.round(x)]!;
    };
    expect([code(2.6, 5), code(2.4, 5), code(5.4, 5), code(5.6, 5), code(7.4, 5), code(7.6, 5)]).toEqual([1, 0, 1, 2, 2, 0]);
    expect([code(2.6, 2.6), code(2.85, 2.85)]).toEqual([0, 1]);
  });
});

describe("pixels", () => {
  it("window and level run from black to white, black outside", () => {
    const pixels = new Uint32Array(4);
    grey(new Float32Array([0, 100, 50, NaN]), { centre: 50, width: 100 }, pixels);
    expect([...pixels].map((pixel) => pixel & 255)).toEqual([0, 255, 127, 0]);
    expect(pixels.every((pixel) => pixel >>> 24 === 255)).toBe(true);
  });
  it("an outline leaves the inside of a label as it was", () => {
    const codes = new Int16Array(25).fill(1);
    const pixels = new Uint32Array(25).fill(0xff000000);
    cover(pixels, codes, 5, { colour: () => 0x0000ff, opacity: 1, outline: true });
    expect(pixels[12]).toBe(0xff000000);
    cover(pixels, codes, 5, { colour: () => 0x0000ff, opacity: 1, outline: false });
    expect(pixels[12]! & 255).toBeGreaterThan(0);
  });
  it("a subtraction of one image from itself is nothing", () => {
    const values = new Float32Array([3, 5, 8]);
    expect([...difference(values, values, 1)]).toEqual([0, 0, 0]);
  });
});

describe("a NIfTI file", () => {
  function file(): ArrayBuffer {
    const buffer = new ArrayBuffer(352 + 24 * 2);
    const view = new DataView(buffer);
    view.setInt32(0, 348, true);
    [3, 2, 3, 4].forEach((value, at) => view.setInt16(40 + 2 * at, value, true));
    view.setInt16(70, 4, true);
    view.setFloat32(108, 352, true);
    view.setFloat32(112, 2, true);
    view.setInt16(254, 1, true);
    IDENTITY.forEach((value, at) => view.setFloat32(280 + 4 * at, value, true));
    for (let at = 0; at < 24; at++) view.setInt16(352 + 2 * at, at, true);
    return buffer;
  }
  it("gives shape, voxels in Fortran order, slope and place", () => {
    const volume = readNifti(file());
    expect(volume.shape).toEqual([2, 3, 4]);
    expect(volume.voxels[indexOf(volume.shape, 1, 2, 3)]).toBe(23);
    expect(volume.slope).toBe(2);
    expect(volume.spacing).toEqual([1, 1, 1]);
  });
  it("is told from anything else", () => {
    expect(() => readNifti(new ArrayBuffer(400))).toThrow(/NIfTI/);
  });
  it("comes from the server only where the server gave it", async () => {
    const given = globalThis.fetch;
    globalThis.fetch = async () => new Response("no", { status: 404 });
    await expect(fetchVolume("/api/x.nii.gz?v=1")).rejects.toThrow("404 for /api/x.nii.gz");
    globalThis.fetch = given;
  });
});
