/** What the server tells of the atlas (`server/atlas.py`). */

export type About = "entity" | "parent" | "sign" | "related";

export interface Entry {
  code: string;
  identifier: string;
  title: string;
  about: About;
  lead: string;
  names: string[];
  tags: string[];
  words: string;
}

export interface Gamut {
  finding: string;
  state: string;
  finding_name: string;
  state_name: string;
  counted: { entity: string; name: string; positive: number; total: number }[];
  described: { entity: string; name: string }[];
}

export interface Index {
  digest: string;
  articles: Entry[];
  gamuts: Gamut[];
}

export interface Run {
  text?: string;
  link?: string;
  cites?: number[];
}

export interface Block {
  item: boolean;
  runs: Run[];
}

export interface Part {
  title: string;
  level: number;
  blocks: Block[];
}

/** One series of patients: n of `of` units, what narrows it, and what its grades let it weigh. */
export interface SeriesCount {
  cite: number;
  n: number;
  of: number;
  unit: string;
  where: string;
  asides: string[];
  weight: number;
  why: string;
  selection: string;
  fit: string;
}

export interface Cell {
  positive: number;
  total: number;
  rate: number;
  interval: [number, number];
  weight: number;
  series: SeriesCount[];
}

export interface Named {
  finding: string;
  state: string;
  finding_name: string;
  state_name: string;
}

export interface EvidenceRow extends Named, Cell {
  entity: string;
  name: string;
}

export interface Mention {
  entity: string;
  name: string;
  state: string;
  state_name: string;
  said: string;
  cites: number[];
}

export interface Link {
  code: string;
  title: string;
  about: About;
}

export interface Reference {
  key: string;
  title: string;
  authors: string;
  journal: string;
  year: number | null;
  doi: string | null;
  pmid: string | null;
  url: string | null;
  note: string;
}

export interface Article {
  code: string;
  identifier: string;
  title: string;
  about: About;
  synonyms: string[];
  tags: string[];
  definition: string;
  reviewed_by: string;
  state: string;
  revisions: { number: number; date: string; what: string }[];
  parts: Part[];
  evidence: EvidenceRow[];
  mentions: Mention[];
  related: Link[];
  family: { parent: Link | null; children: Link[] };
  /** Entities whose simulated images show what the article is about. */
  example: string[];
  references: Reference[];
}

export interface CompareRow extends Named {
  /** 1 and more: the intervals do not meet. Below 0: counted in one of the two only. */
  gap: number;
  cells: [Cell | null, Cell | null];
}

export interface Comparison {
  sides: [Link, Link];
  rows: CompareRow[];
  references: Reference[];
}

export type Case =
  | { kind: "study"; study: string; title: string }
  | { kind: "example"; entity: string; seed: number; title: string };

export interface CaseList {
  version: number;
  cases: Case[];
}

export interface ExampleSeries {
  key: string;
  name: string;
  plane: string;
  slices: number;
  width: number;
  height: number;
  columns: number;
  start: number;
  /** Left, right, top, bottom. */
  letters: string;
}

export type Example =
  | { state: "ready"; entity: string; seed: number; signs: Named[]; series: ExampleSeries[] }
  | { state: "making" | "waiting" | "failed" };
