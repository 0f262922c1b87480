/** The studies of the worklist. */
import { get, post, remove } from "./client";
import type { EntityName, Study } from "./types";

export const listStudies = async (): Promise<Study[]> => (await get<{ studies: Study[] }>("/api/studies")).studies;
export const loadStudy = (id: string): Promise<Study> => get(`/api/studies/${encodeURIComponent(id)}`);
export const deleteStudy = (id: string): Promise<unknown> => remove(`/api/studies/${encodeURIComponent(id)}`);
export const retryStudy = (id: string): Promise<Study> => post(`/api/studies/${encodeURIComponent(id)}/retry`);
/** Give the id of the study that was made. */
export const makeDemo = async (entity: string, options: { seed?: number; blind?: boolean } = {}): Promise<string> =>
  (await post<{ study: string }>("/api/demos", { entity, ...options })).study;
export const makeStudy = async (uploads: string[], title: string): Promise<string> =>
  (await post<{ study: string }>("/api/studies", { uploads, title })).study;

export async function listEntities(): Promise<EntityName[]> {
  const answer = await get<EntityName[] | { entities: EntityName[] }>("/api/entities");
  return Array.isArray(answer) ? answer : answer.entities;
}
