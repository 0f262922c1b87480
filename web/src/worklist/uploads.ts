/**
 * Studies on their way to the server. A file goes in pieces, and how far it came is what the server has on disk: after a lost
 * connection, a restarted server or a reloaded page it goes on from there. The files wait in the browser's own store meanwhile,
 * where it has room for them; else they are to be chosen again.
 */
import { signal } from "@preact/signals";
import { ApiError, get, patch, post, remove } from "../api/client";
import { makeStudy } from "../api/studies";
import { forget, keep, keptKeys, recall } from "../shell/store";
import type { Found, Plan } from "./gather";

export interface Piece {
  name: string;
  size: number;
  /** The server's name for it, once it was begun. */
  upload?: string | undefined;
  offset: number;
  blob?: Blob | undefined;
}

export interface Batch {
  id: string;
  title: string;
  pieces: Piece[];
  /** waiting: the server does not answer, it is tried again; lacking: the files are to be chosen again. */
  state: "sending" | "waiting" | "finishing" | "held" | "lacking" | "refused";
  why: string;
  startedAt: number;
  startedFrom: number;
}

const pieceBytes = 4 * 1024 * 1024;
const atOnce = 3;
const keepAtMost = 2 * 1024 ** 3;

export const batches = signal<Batch[]>([]);
const stopped = new Set<string>();
/** Told of the id of each study that was made of an upload. */
export const arrived = signal<string | null>(null);

export const sentOf = (batch: Batch): number => batch.pieces.reduce((sum, piece) => sum + piece.offset, 0);
export const sizeOf = (batch: Batch): number => batch.pieces.reduce((sum, piece) => sum + piece.size, 0);

const shown = (): void => void (batches.value = [...batches.value]);
const alive = (batch: Batch): boolean => batches.value.includes(batch) && !stopped.has(batch.id);

/** Begin what was planned; files that an earlier upload lacks go on with it instead. */
export function add(plans: Plan[]): void {
  for (const { title, files } of plans) {
    const lacking = batches.value.find((batch) => batch.state === "lacking" && completes(batch, files));
    if (lacking) {
      lacking.state = "sending";
      void work(lacking);
      continue;
    }
    const pieces = files.map(({ path, file }) => ({ name: path, size: file.size, offset: 0, blob: file }));
    const batch: Batch = { id: crypto.randomUUID(), title, pieces, state: "sending", why: "", startedAt: Date.now(), startedFrom: 0 };
    batches.value = [...batches.value, batch];
    void keepFiles(batch);
    void work(batch);
  }
  shown();
}

function completes(batch: Batch, files: Found[]): boolean {
  const open = batch.pieces.filter((piece) => piece.offset < piece.size);
  const met = open.map((piece) => files.find(({ path, file }) => path === piece.name && file.size === piece.size));
  if (met.some((one) => one === undefined)) return false;
  open.forEach((piece, number) => (piece.blob = met[number]!.file));
  return true;
}

export function hold(batch: Batch): void {
  batch.state = "held";
  stopped.add(batch.id);
  shown();
}

export function goOn(batch: Batch): void {
  stopped.delete(batch.id);
  batch.state = "sending";
  shown();
  void work(batch);
}

export function cancel(batch: Batch): void {
  stopped.add(batch.id);
  batches.value = batches.value.filter((one) => one !== batch);
  void forgetBatch(batch);
  for (const { upload } of batch.pieces) if (upload) void remove(`/api/uploads/${upload}`).catch(() => undefined);
}

/** Go on with what an earlier visit left. Only one tab works on an upload: the others wait for it to be closed. */
export async function restore(): Promise<void> {
  const keys = (await keptKeys()).filter((key) => /^upload\/[^/]+$/.test(key));
  for (const key of keys) {
    const id = key.slice("upload/".length);
    if (batches.value.some((batch) => batch.id === id)) continue;
    void alone(id, async () => {
      const kept = await recall<Pick<Batch, "title" | "pieces">>(key);
      if (!kept || batches.value.some((batch) => batch.id === id)) return;
      const batch: Batch = { ...kept, id, state: "sending", why: "", startedAt: Date.now(), startedFrom: 0 };
      await Promise.all(batch.pieces.map(async (piece, number) => (piece.blob = await recall<Blob>(`upload/${id}/${number}`))));
      batches.value = [...batches.value, batch];
      await send(batch);
    });
  }
}

async function alone(id: string, act: () => Promise<void>): Promise<void> {
  const locks = navigator.locks as LockManager | undefined;
  await (locks ? locks.request(`thecal upload ${id}`, act) : act());
}

const work = (batch: Batch): Promise<void> => alone(batch.id, () => send(batch));

async function send(batch: Batch): Promise<void> {
  batch.startedAt = Date.now();
  batch.startedFrom = sentOf(batch);
  let lostAtTheEnd = false;
  let wait = 500;
  while (alive(batch) && batch.state !== "held") {
    try {
      const all = await sendPieces(batch);
      if (!all || !alive(batch)) return;
      batch.state = "finishing";
      shown();
      const made = await finish(batch, lostAtTheEnd);
      batches.value = batches.value.filter((one) => one !== batch);
      await forgetBatch(batch);
      arrived.value = made;
      return;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.failure !== "lost" && error.failure !== "unsigned" && error.failure !== "broken") return end(batch, error);
      lostAtTheEnd ||= batch.state === "finishing";
      [batch.state, batch.why] = ["waiting", error.failure === "lost" ? "the server does not answer" : error.message];
      shown();
      await new Promise((resolve) => setTimeout(resolve, wait));
      wait = Math.min(wait * 2, 8000);
      if (alive(batch)) await askOffsets(batch);
    }
  }
}

function end(batch: Batch, error: ApiError): void {
  [batch.state, batch.why] = ["refused", error.message];
  shown();
  // A refusal holds however often it is asked: nothing of it is kept for another visit.
  void forgetBatch(batch);
}

/** How far each file truly came is for the server to say. */
async function askOffsets(batch: Batch): Promise<void> {
  for (const piece of batch.pieces) {
    if (!piece.upload || piece.offset >= piece.size) continue;
    try {
      piece.offset = (await get<{ offset: number }>(`/api/uploads/${piece.upload}`)).offset;
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) [piece.upload, piece.offset] = [undefined, 0];
    }
  }
}

/** Whether all went: false where files are to be chosen again. */
async function sendPieces(batch: Batch): Promise<boolean> {
  const open = batch.pieces.filter((piece) => piece.offset < piece.size || !piece.upload);
  if (open.some((piece) => !piece.blob)) {
    await askOffsets(batch);
    if (open.some((piece) => !piece.blob && (piece.offset < piece.size || !piece.upload))) {
      batch.state = "lacking";
      shown();
      return false;
    }
  }
  batch.state = "sending";
  const queue = [...open];
  const hands = Array.from({ length: Math.min(atOnce, queue.length) }, async () => {
    for (let piece = queue.shift(); piece && alive(batch); piece = queue.shift()) await sendPiece(batch, piece);
  });
  await Promise.all(hands);
  return true;
}

async function sendPiece(batch: Batch, piece: Piece): Promise<void> {
  if (!piece.upload) {
    const begun = await post<{ upload: string; offset: number }>("/api/uploads", { name: piece.name, bytes: piece.size });
    [piece.upload, piece.offset] = [begun.upload, begun.offset];
    await keepState(batch);
  }
  while (piece.offset < piece.size && alive(batch)) {
    const bytes = piece.blob!.slice(piece.offset, piece.offset + pieceBytes);
    try {
      const headers = { "Upload-Offset": String(piece.offset) };
      piece.offset = (await patch<{ offset: number }>(`/api/uploads/${piece.upload}`, bytes, { headers })).offset;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const { theirs } = (error.body ?? {}) as { theirs?: { offset?: number } };
      if (error.status === 409 && typeof theirs?.offset === "number") piece.offset = theirs.offset;
      else if (error.status === 404) {
        [piece.upload, piece.offset] = [undefined, 0];
        return sendPiece(batch, piece);
      } else throw error;
    }
    shown();
  }
}

async function finish(batch: Batch, lostBefore: boolean): Promise<string | null> {
  try {
    return await makeStudy(batch.pieces.map((piece) => piece.upload!), batch.title);
  } catch (error) {
    // The answer to the call before was lost, and the study is made: these uploads are taken.
    if (lostBefore && error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

let keeping: Promise<void> = Promise.resolve();
function keepState(batch: Batch): Promise<void> {
  const bare = { title: batch.title, pieces: batch.pieces.map(({ name, size, upload, offset }) => ({ name, size, upload, offset })) };
  return (keeping = keep(`upload/${batch.id}`, bare));
}

async function keepFiles(batch: Batch): Promise<void> {
  await keepState(batch);
  const room = await navigator.storage?.estimate?.().catch(() => undefined);
  const free = room?.quota ? room.quota - (room.usage ?? 0) : Infinity;
  if (sizeOf(batch) > Math.min(keepAtMost, free / 2)) return;
  for (const [number, piece] of batch.pieces.entries()) {
    if (!batches.value.includes(batch)) return;
    if (piece.blob && piece.offset < piece.size) await keep(`upload/${batch.id}/${number}`, piece.blob);
  }
  if (!batches.value.includes(batch)) await forgetBatch(batch);
}

async function forgetBatch(batch: Batch): Promise<void> {
  await keeping;
  await Promise.all((await keptKeys()).filter((key) => key.startsWith(`upload/${batch.id}`)).map(forget));
}
