/** An earlier study of the patient, shown in step with this one: what lies at one vertebra here is shown at the same there. */

import { computed, signal } from "@preact/signals";
import { loadReading, labelsUrl } from "./calls";
import { type Vec3, add, scale, subtract } from "./slices/geometry";
import { fetchVolume } from "./slices/volume";
import type { SeriesLine } from "./types";
import { type Landmark, vertebrae } from "./viewer/landmarks";

const MARK = "earlier ";
const NOWHERE: Vec3 = [0, 0, 0];

export const isEarlier = (key: string | null | undefined): boolean => key?.startsWith(MARK) ?? false;
export const ownKey = (key: string): string => key.slice(MARK.length);

/** Pairs of the same vertebra here and there, from head to foot. */
export function pairs(here: readonly Landmark[], there: readonly Landmark[]): { at: Vec3; shift: Vec3 }[] {
  return here.flatMap(({ name, at }) => {
    const same = there.find((one) => one.name === name);
    return same ? [{ at, shift: subtract(same.at, at) }] : [];
  });
}

/**
 * From a point here to the same point there: the way of the vertebra above and of the one below, weighed by how near they are,
 * so that a spine held otherwise still fits. No way where the studies share no vertebra.
 */
export function shiftAt(known: readonly { at: Vec3; shift: Vec3 }[], point: Vec3): Vec3 {
  const above = [...known].filter((one) => one.at[2] >= point[2]).sort((a, b) => a.at[2] - b.at[2])[0];
  const below = known.filter((one) => one.at[2] < point[2]).sort((a, b) => b.at[2] - a.at[2])[0];
  if (!above || !below) return (above ?? below)?.shift ?? NOWHERE;
  const share = (above.at[2] - point[2]) / (above.at[2] - below.at[2]);
  return add(scale(above.shift, 1 - share), scale(below.shift, share));
}

export class Earlier {
  readonly series = signal<SeriesLine[]>([]);
  readonly name = signal<string | null>(null);
  readonly id = signal<string | null>(null);
  private readonly there = signal<Landmark[]>([]);
  /** Set by the reader where vertebrae don't tell. */
  private readonly byHand = signal<Vec3 | null>(null);
  private readonly pairs = computed(() => pairs(this.here(), this.there.value));
  /** Counts the places that were matched by hand. */
  readonly steps = signal(0);
  /** Vertebrae that both studies name. */
  readonly shared = computed(() => this.pairs.value.length);

  constructor(private readonly here: () => readonly Landmark[], private readonly ending: AbortSignal) {}

  async open(id: string, name: string): Promise<void> {
    const answer = await loadReading(id, this.ending);
    this.id.value = id;
    this.name.value = name;
    this.byHand.value = null;
    this.there.value = [];
    this.series.value = answer.series.map((line) => ({ ...line, key: `${MARK}${line.key}` }));
    if (!("anatomy" in answer.labels)) return;
    this.there.value = vertebrae(await fetchVolume(labelsUrl(id, "anatomy", answer.labels["anatomy"]), this.ending));
  }

  close(): void {
    this.series.value = [];
    this.id.value = this.name.value = null;
  }

  /** The way from a point here to the same point there. */
  shift(point: Vec3): Vec3 {
    return this.byHand.value ?? shiftAt(this.pairs.value, point);
  }

  /** These two points are the same place. */
  match(here: Vec3, there: Vec3): void {
    this.byHand.value = subtract(there, here);
    this.steps.value += 1;
  }
}
