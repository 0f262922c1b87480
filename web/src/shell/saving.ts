/**
 * Keeps what is typed until the server has it.
 *
 * Each change goes into the browser's own store (IndexedDB) at once, and to the server a moment later. What the server has
 * taken leaves the store. A lost connection, a stopped server, a closed tab lose nothing: the next time the page is opened
 * the text that was not yet taken is there again. When someone else was faster, both stand side by side until one chooses.
 */
import { type Signal, signal } from "@preact/signals";
import { ApiError } from "../api/client";
import { forget, keep, recall } from "./store";

export type SaveState<T> =
  | { is: "saved"; at: number | null }
  | { is: "saving" }
  | { is: "not saved"; why: "lost" | "unsigned" | "refused" | "broken" | "locked"; text: string }
  | { is: "not saved"; why: "conflict"; text: string; mine: T; theirs: Theirs<T> };

export interface Theirs<T> {
  value: T;
  version: number;
  by?: string | undefined;
  at?: string | undefined;
}

/** What waits in the browser's store. */
interface Kept<T> {
  value: T;
  base: number;
}

export interface SaverOptions<T> {
  /** The name in the browser's store, one for each thing that is edited: "draft/<study>". */
  key: string;
  /** Sends the value, made upon version `base`; gives the version the server made of it. Throws an ApiError. */
  send: (value: T, base: number) => Promise<{ version: number }>;
  /** Reads the other's value from the answer to a conflict, or asks the server for it. */
  theirs: (error: ApiError) => Promise<Theirs<T>>;
  /** Milliseconds of rest before it is sent. */
  rest?: number;
  same?: (a: T, b: T) => boolean;
}

export interface Saver<T> {
  state: Signal<SaveState<T>>;
  /** Begin from what the server has. Gives what was typed before and not taken, where there is such. */
  begin: (value: T, version: number) => Promise<T>;
  change: (value: T) => void;
  /** Send now what waits. */
  flush: () => Promise<void>;
  /** End a conflict with this value: it goes on top of theirs. */
  settle: (value: T) => Promise<void>;
  stop: () => void;
}

const firstWait = 1000;
const longestWait = 15_000;

export function createSaver<T>(options: SaverOptions<T>): Saver<T> {
  const { key, send, rest = 600 } = options;
  const same = options.same ?? ((a: T, b: T) => JSON.stringify(a) === JSON.stringify(b));
  const state = signal<SaveState<T>>({ is: "saved", at: null });
  let now: T | undefined;
  let waiting = false;
  let base = 0;
  let running: Promise<void> | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let wait = firstWait;
  let stopped = false;

  const plan = (after: number): void => {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(() => void flush(), after);
  };

  async function flush(): Promise<void> {
    clearTimeout(timer);
    if (running) await running;
    const conflict = state.value.is === "not saved" && state.value.why === "conflict";
    if (!waiting || conflict || now === undefined) return;
    running = once(now).finally(() => (running = null));
    await running;
  }

  async function once(value: T): Promise<void> {
    if (state.value.is !== "not saved") state.value = { is: "saving" };
    try {
      const { version } = await send(value, base);
      base = version;
      wait = firstWait;
      if (now !== undefined && same(now, value)) {
        waiting = false;
        state.value = { is: "saved", at: Date.now() };
        await forget(key);
      } else {
        state.value = { is: "saving" };
        await keep<Kept<T>>(key, { value: now as T, base });
        plan(rest);
      }
    } catch (error) {
      await fail(error, value);
    }
  }

  async function fail(error: unknown, value: T): Promise<void> {
    if (!(error instanceof ApiError)) throw error;
    if (error.failure === "conflict") {
      try {
        const theirs = await options.theirs(error);
        if (same(theirs.value, now ?? value)) return settle(now ?? value, theirs.version);
        state.value = { is: "not saved", why: "conflict", text: "It was changed elsewhere meanwhile", mine: now ?? value, theirs };
        base = theirs.version;
        return;
      } catch (second) {
        if (!(second instanceof ApiError)) throw second;
        error = second;
      }
    }
    const told = error as ApiError;
    const why = told.failure === "conflict" ? "broken" : told.failure;
    state.value = { is: "not saved", why, text: words(told) };
    if (why === "refused" || why === "locked") return;
    plan(wait);
    wait = Math.min(wait * 2, longestWait);
  }

  async function settle(value: T, version?: number): Promise<void> {
    if (version !== undefined) base = version;
    now = value;
    waiting = true;
    state.value = { is: "saving" };
    await keep<Kept<T>>(key, { value, base });
    running = once(value).finally(() => (running = null));
    // Called from within a running send, its end is waited for by whoever began it.
    if (version === undefined) await running;
  }

  const awake = (): void => {
    if (waiting) plan(0);
  };
  const hide = (): void => {
    if (document.visibilityState === "hidden" && waiting) plan(0);
  };
  const leave = (event: BeforeUnloadEvent): void => {
    if (waiting && state.value.is === "not saved") event.preventDefault();
  };
  addEventListener("online", awake);
  document.addEventListener("visibilitychange", hide);
  addEventListener("beforeunload", leave);

  return {
    state,
    async begin(value, version) {
      base = version;
      now = value;
      const kept = await recall<Kept<T>>(key);
      if (!kept || same(kept.value, value)) {
        if (kept) await forget(key);
        return value;
      }
      now = kept.value;
      base = kept.base;
      waiting = true;
      state.value = { is: "saving" };
      plan(0);
      return kept.value;
    },
    change(value) {
      now = value;
      waiting = true;
      void keep<Kept<T>>(key, { value, base });
      if (state.value.is === "saved") state.value = { is: "saving" };
      else if (state.value.is === "not saved" && state.value.why === "conflict") {
        state.value = { ...state.value, mine: value };
        return;
      } else if (state.value.is === "not saved" && state.value.why === "refused") state.value = { is: "saving" };
      // What a lost server missed waits for the back-off: typing does not knock at each letter.
      if (state.value.is === "saving") plan(rest);
    },
    flush,
    settle: (value) => settle(value),
    stop() {
      stopped = true;
      clearTimeout(timer);
      removeEventListener("online", awake);
      document.removeEventListener("visibilitychange", hide);
      removeEventListener("beforeunload", leave);
      if (waiting && state.value.is === "saving" && now !== undefined) void once(now).catch(() => undefined);
    },
  };
}

function words(error: ApiError): string {
  if (error.failure === "lost") return "the server does not answer. What you typed is kept on this computer and sent as soon as it is back.";
  if (error.failure === "unsigned") return "you are signed out. Open the address that thecal serve printed; what you typed is kept on this computer.";
  return error.message || "the server refused it";
}
