/** The reading as the server gives it: the report's JSON form, the series, the words, the changes. */

export interface Place {
  series_key: string;
  x: number;
  y: number;
  z: number;
}

export interface Measurement {
  value: number;
  unit: string;
  sd: number | null;
}

export interface Lesion {
  tracking_uid: string;
  instance: number;
  confidence: number;
  compartment: Record<string, number>;
  where: Place;
  volume_mm3: number;
  tissues: number[];
  series_keys: string[];
  levels: string[];
}

export interface Finding {
  code: string;
  subject: string;
  basis: "measured" | "stated" | "corrected";
  probabilities: Record<string, number> | null;
  value: number | null;
  value_sd: number | null;
  measurement: Measurement | null;
  where: Place | null;
  method: string;
}

export interface NotAssessed {
  code: string;
  subject: string;
  reason: string;
}

export interface Evidence {
  finding: string;
  state: string;
  entity: string;
  weight: number;
  counts: [number, number, string][];
  judged: number;
}

export interface Candidate {
  entity: string;
  probability: number;
  interval: [number, number];
}

export interface Alert {
  code: string;
  message: string;
  urgency: number;
  entity: string | null;
}

export interface Outlook {
  code: string;
  statement: string;
  value: number | null;
  counts: [number, number, string][];
  reasons: string[];
}

export interface Differential {
  subject: string;
  candidates: Candidate[];
  parents: Record<string, number>;
  prior: Record<string, number>;
  evidence: Evidence[];
  unused: string[];
  ask_next: { finding: string; expected_information_bits: number; how: string }[];
  alerts: Alert[];
  reason: string | null;
  notes: string[];
  outlook: Outlook[];
}

export interface Seen {
  lesions: Lesion[];
  findings: Finding[];
  not_assessed: NotAssessed[];
}

export interface Report {
  status: string;
  acquired_on: string | null;
  emergencies: Alert[];
  impression: string[];
  reading: Seen;
  differentials: Differential[];
  next_imaging: string[];
  holes: { stage: string; why: string; missing: string }[];
}

export interface SeriesLine {
  key: string;
  role: string;
  plane: string;
  contrast: boolean;
  description: string | null;
  shape: [number, number, number];
  spacing: [number, number, number];
  /** Scanner millimetres of the series to those of the reference, rows of four; null where it is not placed. */
  to_reference: number[] | null;
  digest: string;
}

export interface Kept {
  number: number;
  by: string;
  at: string;
  why: string;
  target: string;
  before: Finding | NotAssessed | null;
  after: Finding | NotAssessed | null;
}

export interface Blind {
  findings: Record<string, string>;
  list: string[];
  by: string;
  at: string;
}

export interface ReadingAnswer {
  version: number;
  report: Report;
  words: Record<string, string>;
  changes: Kept[];
  series: SeriesLine[];
  /** The digest of each label map there is. */
  labels: Record<string, string>;
  simulated: boolean;
  state: string;
  blind: Blind | null;
}

/** What a correction moved, all of it as it is now. */
export interface Changed {
  version: number;
  reading: Seen & { differentials: Differential[]; changes: Kept[]; impression: string[]; emergencies: Alert[] };
  labels: Record<string, string>;
}

/** A finding that can be set by hand. */
export interface Term {
  code: string;
  name: string;
  kind: "states" | "number" | "entity";
  states: { code: string; name: string }[];
  unit: string | null;
  note: string;
  subject: "lesion" | "patient";
}

export type After = { state: string } | { value: number } | { not_assessed: string } | { probabilities: Record<string, number> } | null;

export interface Wish {
  target: string;
  after: After;
  why?: string;
}
