/**
 * Keeps what is typed until the server has it.
 *
 * Each change goes into the browser's own store (IndexedDB) at once, and to the server a moment later. What the server has
 * taken leaves the store. A lost connection, a stopped server, a closed tab lose nothing: the next time the page is opened
 * the text that was not yet taken is there again. When someone else was faster, both are merged where they changed different
 * things; where they changed the same, both stand side by side until one chooses.
 */
import { type Signal, signal } from "@preact/signals";
import { ApiError } from "../api/client";
import { forget, keep, keptKeys, recall } from "./store";

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

/** What waits in the browser's store: the value, and the server's version and value it was made upon. */
interface Kept<T> {
  value: T;
  base: number;
  origin: T;
  at: number;
}

export interface SaverOptions<T> {
  /** The name in the browser's store, one for each thing that is edited: "draft/<study>". */
  key: string;
  /** Sends the value, made upon version `base`; gives the version the server made of it. Throws an ApiError. */
  send: (value: T, base: number) => Promise<{ version: number }>;
  /** Reads the other's value from the answer to a conflict, or asks the server for it. */
  theirs: (error: ApiError) => Promise<Theirs<T>>;
  /** Mine and theirs made into one, both begun from `origin`; null where they changed the same thing. */
  merge?: (origin: T, mine: T, theirs: T) => T | null;
  /** Told of a value that was merged: what is shown must follow. */
  onMerged?: (value: T) => void;
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
  /** Forget what could not be saved. */
  discard: () => Promise<void>;
  stop: () => void;
}

const locks = navigator.locks as LockManager | undefined;
const firstWait = 1000;
const longestWait = 15_000;

export function createSaver<T>(options: SaverOptions<T>): Saver<T> {
  const { key, send, rest = 600 } = options;
  const same = options.same ?? ((a: T, b: T) => JSON.stringify(a) === JSON.stringify(b));
  const state = signal<SaveState<T>>({ is: "saved", at: null });
  let now: T | undefined;
  let origin: T | undefined;
  let waiting = false;
  let typed = false;
  let base = 0;
  let running: Promise<void> | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let wait = firstWait;
  let stopped = false;
  const own = `${key}/${crypto.randomUUID()}`;
  const release = hold(own);

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
      origin = value;
      wait = firstWait;
      if (now !== undefined && same(now, value)) {
        waiting = false;
        state.value = { is: "saved", at: Date.now() };
        await forget(own);
      } else {
        state.value = { is: "saving" };
        await keepNow();
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
        const mine = now ?? value;
        const merged = same(theirs.value, mine) ? mine : origin === undefined ? null : (options.merge?.(origin, mine, theirs.value) ?? null);
        if (merged !== null) {
          [now, base, origin] = [merged, theirs.version, theirs.value];
          await keepNow();
          if (!same(merged, mine)) options.onMerged?.(merged);
          state.value = { is: "saving" };
          plan(0);
          return;
        }
        state.value = { is: "not saved", why: "conflict", text: "it was changed in another window meanwhile.", mine, theirs };
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

  async function settle(value: T): Promise<void> {
    const { theirs } = state.value as { theirs?: Theirs<T> };
    if (theirs) [base, origin] = [theirs.version, theirs.value];
    now = value;
    waiting = true;
    state.value = { is: "saving" };
    await keepNow();
    await flush();
  }

  const keepNow = (): Promise<void> => keep<Kept<T>>(own, { value: now as T, base, origin: origin as T, at: Date.now() });
  const awake = (): void => {
    if (waiting) plan(0);
  };
  const hide = (): void => {
    if (document.visibilityState === "hidden" && waiting) plan(0);
  };
  addEventListener("online", awake);
  document.addEventListener("visibilitychange", hide);

  return {
    state,
    async begin(value, version) {
      base = version;
      now = origin = value;
      const left = await findLeft<T>(key);
      // Who typed meanwhile is not overrun: what was left waits for the next visit.
      if (!left || typed) return now as T;
      if (!same(left.kept.value, value)) {
        ({ value: now, base, origin } = left.kept);
        waiting = true;
        state.value = { is: "saving" };
        await keepNow();
        plan(0);
      }
      await forget(left.at);
      return now as T;
    },
    change(value) {
      now = value;
      waiting = typed = true;
      void keepNow();
      if (state.value.is === "saved") state.value = { is: "saving" };
      else if (state.value.is === "not saved" && state.value.why === "conflict") {
        state.value = { ...state.value, mine: value };
        return;
      } else if (state.value.is === "not saved" && state.value.why === "refused") state.value = { is: "saving" };
      // What a lost server missed waits for the back-off: typing does not knock at each letter.
      if (state.value.is === "saving") plan(rest);
    },
    flush,
    settle,
    async discard() {
      clearTimeout(timer);
      waiting = false;
      now = origin;
      state.value = { is: "saved", at: null };
      await forget(own);
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
      release();
      removeEventListener("online", awake);
      document.removeEventListener("visibilitychange", hide);
      if (waiting && state.value.is === "saving" && now !== undefined) void once(now).catch(() => undefined);
    },
  };
}

/** Says that this window still works on what is kept under `name`, until the function that is given back is called. */
function hold(name: string): () => void {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  void locks?.request(name, () => held);
  return release;
}

/** What a window that is closed by now typed last and could not send. What another open window holds is its own. */
async function findLeft<T>(key: string): Promise<{ at: string; kept: Kept<T> } | null> {
  const names = (await keptKeys()).filter((name) => name.startsWith(`${key}/`));
  if (!names.length) return null;
  const held = new Set((await locks?.query())?.held?.map(({ name }) => name));
  let last: { at: string; kept: Kept<T> } | null = null;
  for (const name of names.filter((one) => !held.has(one))) {
    const kept = await recall<Kept<T>>(name);
    if (kept && (!last || kept.at > last.kept.at)) last = { at: name, kept };
  }
  return last;
}

function words(error: ApiError): string {
  if (error.failure === "lost") return "the server does not answer. What you typed is kept on this computer and sent as soon as it is back.";
  if (error.failure === "unsigned") return "you are signed out. Open the address that thecal serve printed; what you typed is kept on this computer.";
  return error.message || "the server refused it";
}
