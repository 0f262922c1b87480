/** The studies, as the server has them now, and which of them are shown in which order. */
import { signal } from "@preact/signals";
import { ApiError } from "../api/client";
import { listStudies } from "../api/studies";
import type { Study, StudyState } from "../api/types";
import { hear } from "../shell/events";

export const studies = signal<Study[] | null>(null);
export const problem = signal<string>("");

/** What came by itself while the list was being asked for: it is newer than the list. */
const meanwhile = new Map<string, Study | null>();
let asking = 0;

export async function reload(): Promise<void> {
  if (asking++ === 0) meanwhile.clear();
  try {
    const all = await listStudies();
    const known = all.map((study) => (meanwhile.has(study.id) ? meanwhile.get(study.id)! : study)).filter((study) => study !== null);
    const more = [...meanwhile.values()].filter((study) => study !== null && !all.some(({ id }) => id === study.id)) as Study[];
    studies.value = [...more, ...known];
    problem.value = "";
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    problem.value = error.failure === "lost" ? "The server does not answer. The list comes as soon as it does." : error.message;
  } finally {
    asking -= 1;
  }
}

export function put(study: Study): void {
  if (asking) meanwhile.set(study.id, study);
  const all = studies.value ?? [];
  studies.value = all.some(({ id }) => id === study.id) ? all.map((one) => (one.id === study.id ? study : one)) : [study, ...all];
}

export function drop(id: string): void {
  if (asking) meanwhile.set(id, null);
  studies.value = (studies.value ?? []).filter((study) => study.id !== id);
}

export function watch(): () => void {
  void reload();
  const stops = [hear("study", put), hear("gone", drop), hear("open", () => void reload())];
  return () => stops.forEach((stop) => stop());
}

export const stateNames: Record<StudyState, string> = {
  queued: "Queued", reading: "Reading", ready: "Ready", attention: "Needs attention", approved: "Approved",
};
export const states = Object.keys(stateNames) as StudyState[];

export type SortKey = "state" | "title" | "acquired" | "first" | "lesions" | "added";
export interface Order {
  by: SortKey;
  down: boolean;
}

const plain = (text: string): string => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** Every word must stand somewhere in what the row says, accents and capitals aside. */
export function matches(study: Study, search: string): boolean {
  const { patient, first } = study;
  const said = plain([study.title, patient?.name, patient?.id, patient?.sex, study.acquired_on, first?.name, first?.entity,
    stateNames[study.state], study.simulated ? "simulated" : "", study.why].filter(Boolean).join(" "));
  return plain(search).split(/\s+/).every((word) => said.includes(word));
}

export function choose(all: Study[], search: string, state: StudyState | "", { by, down }: Order): Study[] {
  const sign = down ? -1 : 1;
  const value: Record<SortKey, (study: Study) => string | number> = {
    state: (study) => states.indexOf(study.state),
    title: (study) => plain(study.title),
    acquired: (study) => study.acquired_on ?? "",
    first: (study) => (study.first ? plain(study.first.name) : "\uffff"),
    lesions: (study) => study.lesions ?? -1,
    added: (study) => study.added_at,
  };
  const of = value[by];
  return all
    .filter((study) => (!state || study.state === state) && matches(study, search))
    .map((study, place) => ({ study, place, key: of(study) }))
    .sort((a, b) => (a.key < b.key ? -sign : a.key > b.key ? sign : a.place - b.place))
    .map(({ study }) => study);
}

export function count(all: Study[]): Record<StudyState | "", number> {
  const counts = { "": all.length, queued: 0, reading: 0, ready: 0, attention: 0, approved: 0 };
  for (const study of all) counts[study.state] += 1;
  return counts;
}
