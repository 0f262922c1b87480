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
let source: EventSource | null = null;
let wait = 500;

/** Hear of `kind` until the function that is given back is called. The line opens with the first listener. */
export function hear<K extends keyof Heard>(kind: K, listener: Listener<K>): () => void {
  listeners[kind].add(listener);
  if (!source) connect();
  return () => listeners[kind].delete(listener);
}

function tell<K extends keyof Heard>(kind: K, value: Heard[K]): void {
  for (const listener of listeners[kind]) listener(value);
}

function connect(): void {
  const line = new EventSource("/api/events");
  source = line;
  line.addEventListener("open", () => {
    wait = 500;
    live.value = true;
    reachable.value = true;
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
