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
  patient?: { age?: string | number | null; sex?: string | null; name?: string | null; [key: string]: unknown } | null;
  lesions?: number | null;
  first?: { entity: string; name: string; probability: number; interval: [number, number] } | null;
  version: number;
}

export interface EntityName {
  code: string;
  name: string;
  group: string;
}

/** The server's one form of an error. */
export interface Told {
  where: string;
  expected: string;
  found: string;
  remedy: string;
}
