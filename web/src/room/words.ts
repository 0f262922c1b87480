/** How codes and numbers are said. */

import type { Finding, Measurement } from "./types";

export type Words = Readonly<Record<string, string>>;

export const plain = (code: string): string => code.replaceAll("_", " ");
export const findingName = (words: Words, code: string): string => words[`finding.${code}`] ?? plain(code);
export const stateName = (words: Words, code: string): string => words[`state.${code}`] ?? plain(code);
export const entityName = (words: Words, code: string): string => words[`entity.${code}`] ?? plain(code);
export const sourceName = (words: Words, key: string): string => words[`title.${key}`] ?? key;
export const roleName = (words: Words, role: string): string => words[`role.${role}`] ?? role;

export const percent = (share: number): string => {
  const value = share * 100;
  if (value > 0 && value < 1) return "<1%";
  if (value > 99 && value < 100) return ">99%";
  return `${Math.round(value)}%`;
};

export function rounded(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  return Number(value.toFixed(2)).toString();
}

const UNITS: Readonly<Record<string, string>> = { "1": "", mm3: "mm³", mm2: "mm²", "10*-6.mm2/s": "× 10⁻⁶ mm²/s" };

export function measured(measurement: Measurement, words: Words): string {
  const unit = UNITS[measurement.unit] ?? words[`unit.${measurement.unit}`] ?? measurement.unit;
  const spread = measurement.sd === null ? "" : ` ± ${rounded(measurement.sd)}`;
  return `${rounded(measurement.value)}${spread}${unit === "%" ? " %" : unit ? ` ${unit}` : ""}`;
}

/** The most probable state; of equals the first in the alphabet, as the program has it. */
export function topState(probabilities: Readonly<Record<string, number>>): [string, number] {
  return Object.entries(probabilities).sort(([a, p], [b, q]) => q - p || (a < b ? -1 : 1))[0] ?? ["", 0];
}

/** What a finding says in one line, without its name. */
export function said(finding: Finding, words: Words): string {
  if (finding.probabilities === null) {
    const unit = words[`unit_of.${finding.code}`];
    return measured({ value: finding.value ?? NaN, unit: unit ?? "1", sd: finding.value_sd }, words);
  }
  return stateName(words, topState(finding.probabilities)[0]);
}
