/** What the report page asks of the server. */
import { get, post, put, refusal, send } from "../api/client";
import type { Addendum, Draft, SavedDraft } from "../api/types";
import type { Text } from "./sections";

const of = (id: string): string => `/api/studies/${encodeURIComponent(id)}`;

export const loadDraft = (id: string): Promise<Draft> => get(`${of(id)}/draft`);
export const saveDraft = (id: string, text: Text, base: number): Promise<{ version: number }> => put(`${of(id)}/draft`, { base_version: base, ...text });
export const approve = (id: string, name: string, version: number, draft: number): Promise<unknown> =>
  post(`${of(id)}/approve`, { name, version, draft_version: draft });
export const addAddendum = (id: string, text: string, by: string): Promise<unknown> => post(`${of(id)}/addenda`, { text, by });
export const loadVersions = (id: string): Promise<{ drafts: SavedDraft[]; addenda: Addendum[] }> => get(`${of(id)}/versions`);

export const formats = [
  { name: "Page (HTML)", file: "report.html", group: "To read" },
  { name: "PDF", file: "report.pdf", group: "To read" },
  { name: "Text", file: "report.txt", group: "To read" },
  { name: "DICOM objects (zip)", detail: "SEG, SR, PDF, key objects", file: "export/dicom.zip", group: "To hand on" },
  { name: "FHIR bundle", file: "export/fhir.json", group: "To hand on" },
  { name: "BIDS data set (zip)", file: "export/bids.zip", group: "To hand on" },
  { name: "Data (JSON)", detail: "The whole record", file: "report.json", group: "To hand on" },
] as const;

export const address = (id: string, file: string): string => `${of(id)}/${file}`;

/** Fetches a file and hands it to the browser to be kept. Throws an ApiError, where a link would save the refusal as the file. */
export async function download(id: string, file: string): Promise<void> {
  const answer = await send("GET", address(id, file), undefined);
  if (!answer.ok) throw refusal(answer.status, await answer.json().catch(() => null), address(id, file));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = `thecal-${id}-${file.split("/").pop()}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
