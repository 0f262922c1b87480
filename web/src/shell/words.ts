/** Figures and times as they are read. */
import type { Study } from "../api/types";

const ages: [number, Intl.RelativeTimeFormatUnit][] = [[60, "second"], [60, "minute"], [24, "hour"], [7, "day"]];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const full = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short" });

/** "just now", "5 min. ago", "yesterday"; a date where it is more than a week ago. */
export function ago(at: string, now = Date.now()): string {
  let past = (now - Date.parse(at)) / 1000;
  if (!Number.isFinite(past)) return "";
  if (past < 45) return "just now";
  for (const [size, unit] of ages) {
    if (past < size) return relative.format(-Math.round(past), unit);
    past /= size;
  }
  return day.format(Date.parse(at));
}

export const date = (at: string | null | undefined): string => (at && Number.isFinite(Date.parse(at)) ? day.format(Date.parse(at)) : (at ?? ""));
export const moment = (at: string): string => (Number.isFinite(Date.parse(at)) ? full.format(Date.parse(at)) : at);
export const percent = (share: number): string => (share > 0 && share < 0.01 ? "< 1" : share > 0.99 && share < 1 ? "> 99" : String(Math.round(share * 100)));

export function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  if (count < 1e6) return `${Math.round(count / 1e3)} kB`;
  return count < 1e9 ? `${(count / 1e6).toFixed(count < 1e7 ? 1 : 0)} MB` : `${(count / 1e9).toFixed(1)} GB`;
}

/** DICOM's "Family^Given^Middle" as it is written in words. */
export function personName(name: string | null | undefined): string {
  const [family = "", ...given] = (name ?? "").split("^").map((part) => part.trim());
  return [family, given.filter(Boolean).join(" ")].filter(Boolean).join(", ");
}

/** What a study is called; that it is simulated is said by its mark. */
export const titleOf = (study: Study): string => (study.simulated ? study.title.replace(/, simulated$/, "") : study.title);

/** An error of the program as a sentence for who reads: which of its rooms met it is for the log. */
export function whyWords(why: string | null | undefined): string {
  const text = (why ?? "It could not be read.").replace(/^[a-z]+: ([^:]{1,60}: )?(?=expected )/, "");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function person({ patient }: Study): string {
  if (!patient) return "";
  const age = typeof patient.age === "number" ? `${Math.floor(patient.age)} years` : null;
  return [personName(patient.name), patient.id, age, patient.sex].filter(Boolean).join(" · ");
}

const doing: Record<string, string> = {
  simulate: "Simulating", read: "Reading the files", check: "Checking the protocol", align: "Aligning the series", segment: "Outlining",
  measure: "Measuring findings", rank: "Ranking", compose: "Writing the report", render: "Writing the report", write: "Keeping the results",
};
export const stageWords = (stage: string | null | undefined): string => (stage ? (doing[stage] ?? stage) : "Beginning");
