/**
 * Corrections on their way to the server, one after the other, each made upon the version before it.
 *
 * What the server has not taken is kept in the browser (IndexedDB) and sent again when the page is next opened. A conflict stops
 * the line until the reader has chosen.
 */

import { signal } from "@preact/signals";
import { ApiError } from "../api/client";
import type { SaveState } from "../shell/saving";
import { forget, keep, recall } from "../shell/store";
import type { Edit } from "./correcting/runs";
import type { Changed, Kept, Wish } from "./types";

/** number is the change that the server made of it; of the stroke that an undo takes back. */
export interface Strokes {
  is: "strokes";
  edits: Edit[];
  words: string;
  number?: number;
  of?: Strokes;
}

export type Operation =
  | { is: "change"; wish: Wish; words: string }
  | Strokes
  | { is: "levels"; at: readonly number[]; name: string; words: string };

export interface Clash {
  mine: Operation;
  theirs: { version: number; by?: string; at?: string; changes?: Pick<Kept, "target" | "after">[] };
}

export interface SavesOptions {
  key: string;
  send: (operation: Operation, base: number) => Promise<Changed>;
  taken: (operation: Operation, changed: Changed) => void;
  /** The server refused it, or the reader let it go: what was shown of it must be taken back. */
  dropped: (why: string | null) => void;
}

const FIRST_WAIT = 1000;
const LONGEST_WAIT = 15_000;

export class Saves {
  readonly state = signal<SaveState<Operation>>({ is: "saved", at: null });
  readonly clash = signal<Clash | null>(null);
  private line: Operation[] = [];
  private base = 0;
  private sending = false;
  private wait = FIRST_WAIT;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private stopped = false;

  constructor(private readonly options: SavesOptions) {}

  get version(): number {
    return this.base;
  }

  get waiting(): number {
    return this.line.length;
  }

  /** Begins upon the version the server has; what was left over from before goes out at once. */
  async begin(version: number): Promise<void> {
    this.base = version;
    const left = await recall<{ line: Operation[]; base: number }>(this.options.key);
    if (!left?.line.length) return;
    this.line = left.line;
    this.base = left.base;
    this.next();
  }

  add(operation: Operation): void {
    this.line.push(operation);
    this.keep();
    if (this.state.value.is === "saved") this.state.value = { is: "saving" };
    this.next();
  }

  /** The line goes on upon their version, mine on top. */
  insist(): void {
    const clash = this.clash.value;
    if (!clash) return;
    this.base = clash.theirs.version;
    this.clash.value = null;
    this.state.value = { is: "saving" };
    this.next();
  }

  /** What waits is let go, and theirs stands. */
  yield(): void {
    this.line = [];
    this.clash.value = null;
    this.keep();
    this.state.value = { is: "saved", at: Date.now() };
    this.options.dropped(null);
  }

  /** The server has a newer version that is shown already. */
  follow(version: number): void {
    if (this.line.length === 0) this.base = version;
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private keep(): void {
    if (this.line.length) void keep(this.options.key, { line: this.line, base: this.base });
    else void forget(this.options.key);
  }

  private next(): void {
    const first = this.line[0];
    if (!first || this.sending || this.stopped || this.clash.value) return;
    clearTimeout(this.timer);
    this.sending = true;
    void this.options.send(first, this.base)
      .then((changed) => this.take(first, changed), (error: unknown) => this.fail(first, error))
      .finally(() => {
        this.sending = false;
        if (this.state.value.is === "saving") this.next();
      });
  }

  private take(operation: Operation, changed: Changed): void {
    this.line.shift();
    this.base = changed.version;
    if (operation.is === "strokes") operation.number = changed.version;
    this.wait = FIRST_WAIT;
    this.state.value = this.line.length ? { is: "saving" } : { is: "saved", at: Date.now() };
    this.keep();
    this.options.taken(operation, changed);
  }

  private fail(operation: Operation, error: unknown): void {
    const told = error instanceof ApiError ? error : new ApiError("broken", { where: "", expected: "", found: String(error), remedy: "" });
    if (told.failure === "conflict") {
      const theirs = (told.body as { theirs?: Clash["theirs"] } | null)?.theirs;
      this.clash.value = { mine: operation, theirs: theirs ?? { version: this.base } };
      const text = "It was changed elsewhere meanwhile";
      this.state.value = { is: "not saved", why: "conflict", text, mine: operation, theirs: { value: operation, version: theirs?.version ?? this.base } };
      return;
    }
    this.state.value = { is: "not saved", why: told.failure, text: told.message || "the server does not answer" };
    if (told.failure === "refused" || told.failure === "locked") {
      this.line.shift();
      this.keep();
      this.options.dropped(told.message);
      return;
    }
    this.timer = setTimeout(() => {
      this.state.value = { is: "saving" };
      this.next();
    }, this.wait);
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
  }
}
