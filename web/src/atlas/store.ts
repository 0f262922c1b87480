/**
 * The articles, from memory, from what this browser keeps, or from the server.
 *
 * The index names a digest of the text. What was kept under it is the same for ever, so it is used without asking; when the
 * digest changes, what was kept is thrown away. All articles come in one go when the page is idle: from then on an article
 * opens at once, and without the server.
 */
import { signal } from "@preact/signals";
import { ApiError, get } from "../api/client";
import { createSearcher, type Searcher } from "./search";
import type { Article, Comparison, Example, Index } from "./types";

const shelf = "thecal-atlas";
const patience = 4000;

export const index = signal<Index | null>(null);
export const searcher = signal<Searcher | null>(null);
/** Whether the index came from what this browser keeps, because the server did not answer. */
export const offline = signal(false);

const articles = new Map<string, Article>();
let loading: Promise<Index> | null = null;

export function loadIndex(): Promise<Index> {
  loading ??= fetchIndex().catch((error: unknown) => {
    loading = null;
    throw error;
  });
  return loading;
}

async function fetchIndex(): Promise<Index> {
  let told: Index;
  try {
    told = await get<Index>("/api/atlas/index", { patience });
    offline.value = false;
    await keep("/api/atlas/index", told);
  } catch (error) {
    const kept = await recall<Index>("/api/atlas/index");
    if (!kept) throw error;
    told = kept;
    offline.value = true;
  }
  index.value = told;
  searcher.value = createSearcher(told);
  whenIdle(() => void gather(told.digest).catch(() => undefined));
  return told;
}

/** All articles into memory and into what this browser keeps. */
async function gather(digest: string): Promise<void> {
  const address = `/api/atlas/all?v=${digest}`;
  let all = await recall<Record<string, Article>>(address);
  if (!all) {
    all = await get<Record<string, Article>>(address);
    await forgetOthers(digest);
    await keep(address, all);
  }
  for (const [code, article] of Object.entries(all)) articles.set(code, article);
}

/** An article that is in memory already: it is shown without a wait. */
export const atHand = (code: string): Article | undefined => articles.get(code);

export async function article(code: string): Promise<Article> {
  const known = articles.get(code);
  if (known) return known;
  const { digest } = await loadIndex();
  const told = await fromServerOrKept<Article>(`/api/atlas/articles/${encodeURIComponent(code)}?v=${digest}`, async () => {
    const all = await recall<Record<string, Article>>(`/api/atlas/all?v=${digest}`);
    return all?.[code];
  });
  articles.set(told.code, told);
  return told;
}

export async function comparison(a: string, b: string): Promise<Comparison> {
  const { digest } = await loadIndex();
  return fromServerOrKept<Comparison>(`/api/atlas/compare?a=${encodeURIComponent(a)}&b=${encodeURIComponent(b)}&v=${digest}`);
}

export const example = (entity: string, seed: number): Promise<Example> =>
  fromServerOrKept<Example>(`/api/atlas/examples/${entity}?seed=${seed}`, undefined, (told) => told.state === "ready");

/** A picture's bytes; kept once seen. */
export async function picture(entity: string, seed: number, key: string): Promise<Blob> {
  const address = `/api/atlas/examples/${entity}/${seed}/${encodeURIComponent(key)}.webp`;
  const box = await open();
  try {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(`the answer ${answer.status}`);
    await box?.put(address, answer.clone()).catch(() => undefined);
    return await answer.blob();
  } catch (error) {
    const kept = await box?.match(address);
    if (!kept) throw error;
    return kept.blob();
  }
}

async function fromServerOrKept<T>(address: string, otherwise?: () => Promise<T | undefined>, worthKeeping: (told: T) => boolean = () => true): Promise<T> {
  try {
    const told = await get<T>(address);
    if (worthKeeping(told)) await keep(address, told);
    return told;
  } catch (error) {
    if (!(error instanceof ApiError) || !["lost", "unsigned"].includes(error.failure)) throw error;
    const kept = (await recall<T>(address)) ?? (await otherwise?.());
    if (kept === undefined) throw error;
    return kept;
  }
}

const open = async (): Promise<Cache | null> => ("caches" in globalThis ? caches.open(shelf).catch(() => null) : null);

async function keep(address: string, value: unknown): Promise<void> {
  const box = await open();
  await box?.put(address, new Response(JSON.stringify(value), { headers: { "Content-Type": "application/json" } })).catch(() => undefined);
}

async function recall<T>(address: string): Promise<T | undefined> {
  const kept = await (await open())?.match(address);
  return kept ? ((await kept.json()) as T) : undefined;
}

async function forgetOthers(digest: string): Promise<void> {
  const box = await open();
  for (const request of (await box?.keys()) ?? []) {
    const version = new URL(request.url).searchParams.get("v");
    if (version && version !== digest) await box!.delete(request);
  }
}

function whenIdle(run: () => void): void {
  if ("requestIdleCallback" in globalThis) requestIdleCallback(run, { timeout: 2500 });
  else setTimeout(run, 400);
}

/** The page itself for reading without the server: a worker that answers below /atlas alone. */
export function readOffline(): void {
  if (!("serviceWorker" in navigator) || import.meta.env.DEV) return;
  navigator.serviceWorker.register("/atlas-worker.js", { scope: "/atlas" }).then(
    (registration) => registration.active?.postMessage("refresh"),
    () => undefined,
  );
}
