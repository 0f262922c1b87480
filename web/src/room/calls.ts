/** The room's calls to the server. */

import { get, post } from "../api/client";
import type { EntityName } from "../api/types";
import type { Edit, Run } from "./correcting/runs";
import type { Changed, Differential, ReadingAnswer, Term, Wish } from "./types";

const of = (id: string, rest: string): string => `/api/studies/${encodeURIComponent(id)}/${rest}`;

export const loadReading = (id: string, signal: AbortSignal): Promise<ReadingAnswer> => get(of(id, "reading"), { signal });

/** Where a volume lies; its digest keeps a copy in the browser for ever. */
const asked = (path: string, digest: string | null | undefined): string => (digest ? `${path}?v=${digest}` : path);
export const seriesUrl = (id: string, key: string, digest?: string | null): string =>
  asked(of(id, `series/${encodeURIComponent(key)}.nii.gz`), digest);
export const labelsUrl = (id: string, name: string, digest?: string | null): string => asked(of(id, `labels/${name}.nii.gz`), digest);

export const sendChange = (id: string, base: number, wish: Wish): Promise<Changed> =>
  post(of(id, "changes"), { base_version: base, ...wish });
export const sendStrokes = (id: string, base: number, edits: readonly Edit[]): Promise<Changed> =>
  post(of(id, "strokes"), { base_version: base, edits });
/** Takes back a stroke by its number: a lesion that comes back is the same lesion. */
export const sendUndo = (id: string, base: number, number: number): Promise<Changed> => post(of(id, "strokes"), { base_version: base, undo: number });
export const sendLevels = (id: string, base: number, at: readonly number[], name: string): Promise<Changed> =>
  post(of(id, "levels"), { base_version: base, vertebra_at: at, name });

export const askWhatIf = (id: string, changes: readonly Wish[]): Promise<{ differentials: Differential[] }> =>
  post(of(id, "whatif"), { changes });

type Voxel = readonly number[];
export interface Proposal {
  runs: Run[];
  voxels: number;
  ms: number;
}
export const proposeClick = (id: string, at: Voxel, add: readonly Voxel[], refuse: readonly Voxel[], series: string | null): Promise<Proposal> =>
  post(of(id, "click"), { at, add, refuse, ...(series === null ? {} : { series }) });
export const proposeFill = (id: string, between: readonly [number, number], axis: number, code: number, instance: number): Promise<Proposal> =>
  post(of(id, "fill"), { between, axis, code, instance });

export const beginBlind = (id: string): Promise<unknown> => post(of(id, "blind"), { begin: true });
export const commitBlind = (id: string, findings: Record<string, string>, list: readonly string[], by: string): Promise<unknown> =>
  post(of(id, "blind"), { findings, list, by });

export const loadVocabulary = (): Promise<Term[]> => get("/api/vocabulary");
export const loadEntities = (): Promise<EntityName[]> => get("/api/entities");
