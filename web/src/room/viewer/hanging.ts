/** Which series hangs where when a study is opened, and what a view shows. */

import { isEarlier } from "../earlier";
import type { Vec3 } from "../slices/geometry";
import type { Plane } from "../slices/frame";
import type { SeriesLine } from "../types";

export type Layout = "1" | "2" | "4" | "1+3";
export const LAYOUTS: readonly { key: Layout; name: string; views: number }[] = [
  { key: "1", name: "One view", views: 1 }, { key: "2", name: "Two views", views: 2 },
  { key: "4", name: "Four views", views: 4 }, { key: "1+3", name: "One large, three small", views: 4 },
];

/** Another series against the one that is shown: in turn with it, or taken from it. */
export interface Against {
  readonly how: "blink" | "subtract";
  readonly series: string;
}

export interface View {
  readonly series: string | null;
  readonly plane: Plane;
  readonly centre: Vec3 | null;
  readonly zoom: number;
  readonly against: Against | null;
}

export const isPlane = (text: string): text is Plane => text === "sagittal" || text === "axial" || text === "coronal";
export const planeOf = (line: SeriesLine): Plane => (isPlane(line.plane) ? line.plane : "sagittal");
const isEnhanced = (line: SeriesLine): boolean => line.contrast;

/** By plane, then T2 before T1 before T1 after contrast before the rest. */
export function ordered(series: readonly SeriesLine[]): SeriesLine[] {
  const planes = ["sagittal", "axial", "coronal"];
  const roles = ["T2w", "T2w_fs", "T1w", "T1w_ce"];
  const rank = (list: readonly string[], word: string): number => (list.includes(word) ? list.indexOf(word) : list.length);
  return [...series].sort((a, b) => rank(planes, a.plane) - rank(planes, b.plane) || rank(roles, a.role) - rank(roles, b.role));
}

const view = (series: SeriesLine | undefined, plane: Plane): View =>
  ({ series: series?.key ?? null, plane, centre: null, zoom: 1, against: null });

/** Sagittal T2 and enhanced T1, axial T2 and enhanced T1; what is missing is cut from what there is. */
export function hang(series: readonly SeriesLine[]): View[] {
  const readable = ordered(series);
  const find = (plane: Plane, fits: (line: SeriesLine) => boolean): SeriesLine | undefined =>
    readable.find((line) => line.plane === plane && fits(line));
  const isT2 = (line: SeriesLine): boolean => line.role.startsWith("T2");
  const any = readable[0];
  const sagittal = find("sagittal", isT2) ?? find("sagittal", () => true) ?? any;
  const enhanced = find("sagittal", isEnhanced) ?? readable.find((line) => line !== sagittal && line.plane === "sagittal") ?? any;
  const axial = find("axial", isT2) ?? find("axial", () => true) ?? sagittal;
  const other = find("axial", isEnhanced) ?? readable.find((line) => line !== axial && line.plane === "axial");
  return [view(sagittal, "sagittal"), view(enhanced, "sagittal"), view(axial, "axial"), other ? view(other, "axial") : view(sagittal, "coronal")];
}

/** The series before contrast that fits an enhanced one, or the other way round: same plane, T1. */
export function partner(series: readonly SeriesLine[], key: string): SeriesLine | null {
  const own = series.find((line) => line.key === key);
  if (!own || isEarlier(key)) return null;
  const fits = (line: SeriesLine): boolean =>
    line.key !== key && !isEarlier(line.key) && line.role.startsWith("T1w") && isEnhanced(line) !== isEnhanced(own);
  if (!own.role.startsWith("T1w")) return series.find((line) => line.key !== key && !isEarlier(line.key) && line.plane === own.plane) ?? null;
  return series.find((line) => fits(line) && line.plane === own.plane) ?? series.find(fits) ?? null;
}
