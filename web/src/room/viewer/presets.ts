/** Windows to choose from: shares of the automatic one for MRI, whose numbers mean nothing by themselves; Hounsfield units for CT. */

import type { Film } from "../films";
import type { Window } from "../slices/render";
import type { Stage } from "./stage";

export interface Preset {
  readonly name: string;
  readonly detail: string;
  readonly of: (film: Film) => Window | null;
}

const part = (width: number, centre: number) => (film: Film): Window => {
  const low = film.auto.centre - film.auto.width / 2;
  return { width: film.auto.width * width, centre: low + film.auto.width * centre };
};

export const PRESETS: readonly Preset[] = [
  { name: "Automatic", detail: "most of the image's range", of: () => null },
  { name: "Cord", detail: "narrow, about soft tissue", of: part(0.55, 0.35) },
  { name: "Fluid", detail: "bright range, for CSF and cysts", of: part(0.6, 0.7) },
  { name: "Wide", detail: "nothing is cut off", of: part(1.7, 0.7) },
  { name: "CT, soft tissue", detail: "W 400 L 50", of: () => ({ width: 400, centre: 50 }) },
  { name: "CT, bone", detail: "W 2000 L 500", of: () => ({ width: 2000, centre: 500 }) },
];

/** Applies a preset to the active view's series. */
export function usePreset(stage: Stage, preset: Preset): void {
  const key = stage.views.value[stage.active.value]?.series ?? null;
  const film = stage.film(key);
  if (key !== null && film) stage.setWindow(key, preset.of(film));
}
