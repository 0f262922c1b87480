/** What the server tells without being asked: a study has changed, a study is gone. */
import { signal } from "@preact/signals";
import { reachable } from "../api/client";
import type { Study } from "../api/types";

interface Heard {
  study: Study;
  gone: string;
  /** The line is open, for the first time or again: what was missed meanwhile must be asked for. */
  open: null;
}
type Listener<K extends keyof Heard> = (value: Heard[K]) => void;

const listeners: { [K in keyof Heard]: Set<Listener<K>> } = { study: new Set(), gone: new Set(), open: new Set() };
export const live = signal(false);
let begun = false;
let wait = 500;
let others: BroadcastChannel | null = null;

/** Hear of `kind` until the function that is given back is called. The line opens with the first listener. */
export function hear<K extends keyof Heard>(kind: K, listener: Listener<K>): () => void {
  listeners[kind].add(listener);
  if (!begun) begin();
  return () => listeners[kind].delete(listener);
}

/** A browser holds six lines to a server at most: of all tabs one listens, and tells the others. When it is closed, the next does. */
function begin(): void {
  begun = true;
  const locks = navigator.locks as LockManager | undefined;
  if (!locks || typeof BroadcastChannel === "undefined") return connect();
  others = new BroadcastChannel("thecal events");
  others.addEventListener("message", ({ data }: MessageEvent<{ kind: keyof Heard; value: never }>) => announce(data.kind, data.value));
  void locks.request("thecal events", () => {
    connect();
    return new Promise<never>(() => undefined);
  });
}

function tell<K extends keyof Heard>(kind: K, value: Heard[K]): void {
  announce(kind, value);
  others?.postMessage({ kind, value });
}

function announce<K extends keyof Heard>(kind: K, value: Heard[K]): void {
  if (kind === "open") live.value = reachable.value = true;
  for (const listener of listeners[kind]) listener(value);
}

function connect(): void {
  const line = new EventSource("/api/events");
  line.addEventListener("open", () => {
    wait = 500;
    tell("open", null);
  });
  line.addEventListener("study", (event: MessageEvent<string>) => tell("study", JSON.parse(event.data) as Study));
  line.addEventListener("gone", (event: MessageEvent<string>) => tell("gone", named(event.data)));
  line.addEventListener("error", () => {
    live.value = false;
    line.close();
    setTimeout(connect, wait);
    wait = Math.min(wait * 2, 10_000);
  });
}

function named(data: string): string {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === "string" ? value : String((value as { id: string }).id);
  } catch {
    return data;
  }
}
