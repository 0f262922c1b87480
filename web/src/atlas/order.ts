/** The order of cases. */
import type { Case } from "./types";

export function moved<T>(all: readonly T[], from: number, to: number): T[] {
  const next = [...all];
  const [one] = next.splice(from, 1);
  if (one !== undefined) next.splice(to, 0, one);
  return next;
}

export const nameOf = (one: Case): string =>
  one.title || (one.kind === "study" ? `Study ${one.study}` : `${one.entity.replaceAll("_", " ")}, simulated patient ${one.seed}`);

/** The first simulated patient that is not in the list; 0 is the typical one. */
export function nextSeed(cases: readonly Case[], entity: string): number {
  const taken = new Set(cases.map((one) => (one.kind === "example" && one.entity === entity ? one.seed : -1)));
  let seed = 0;
  while (taken.has(seed)) seed += 1;
  return seed;
}
