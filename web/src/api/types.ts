/** What the server sends, as the whole page shares it. Rooms keep the types that are theirs alone beside their own code. */

export type StudyState = "queued" | "reading" | "ready" | "attention" | "approved";

export interface Study {
  id: string;
  title: string;
  state: StudyState;
  /** What is being done, while it is being read: "segment", the fourth of six. */
  stage?: string | null;
  stage_number?: number | null;
  stages?: number | null;
  /** Why it needs attention, as a sentence with what to do about it. */
  why?: string | null;
  simulated: boolean;
  blind?: boolean;
  added_at: string;
  acquired_on?: string | null;
  patient?: { name?: string | null; id?: string | null; sex?: string | null; age?: number | null } | null;
  lesions?: number | null;
  first?: { entity: string; name: string; probability: number; interval: [number, number] } | null;
  version: number;
}

export interface EntityName {
  code: string;
  name: string;
  group: string | null;
}

/** The server's one form of an error. */
export interface Told {
  where: string;
  expected: string;
  found: string;
  remedy: string;
}

/** A picture taken from the view. */
export interface KeyImage {
  png: string;
  caption: string;
}

/** The report's draft. `suggested` is what thecal would write in each section, from the reading as it is now. */
export interface Draft {
  version: number;
  by: string | null;
  at: string | null;
  sections: Record<string, string>;
  key_images: KeyImage[];
  suggested: Record<string, string>;
  reading_version: number;
  locked: boolean;
  approved: { name: string; by: string; at: string; [key: string]: unknown } | null;
  addenda: Addendum[];
}

export interface Addendum {
  at: string;
  by: string;
  text: string;
}

export interface SavedDraft {
  version: number;
  by: string;
  at: string;
  sections: Record<string, string>;
  key_images: KeyImage[];
}
