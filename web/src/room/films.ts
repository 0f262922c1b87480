/** The volumes of the open study: fetched when they are first shown, the longest unused let go when there are too many. */

import { signal } from "@preact/signals";
import { type Affine } from "./slices/geometry";
import { type Volume, fetchVolume, moved, percentiles } from "./slices/volume";
import type { Window } from "./slices/render";
import type { SeriesLine } from "./types";

const MOST_BYTES = 320 * 2 ** 20;

export interface Film {
  readonly key: string;
  readonly volume: Volume;
  /** The window that shows it well before anyone turns it. */
  readonly auto: Window;
  /** How bright its usual tissue is, to weigh one series against another. */
  readonly usual: number;
}

export class Films {
  readonly shown = signal<ReadonlyMap<string, Film>>(new Map());
  readonly failed = signal<ReadonlyMap<string, string>>(new Map());
  private readonly coming = new Set<string>();
  private readonly used = new Map<string, number>();
  private tick = 0;

  constructor(private readonly url: (line: SeriesLine) => string, private readonly ending: AbortSignal) {}

  /** The film of a series; begins to fetch it where it is not here yet. */
  want(line: SeriesLine | undefined, to: Affine): Film | null {
    if (!line) return null;
    this.used.set(line.key, ++this.tick);
    const film = this.shown.value.get(line.key);
    if (film) return film;
    if (!this.coming.has(line.key) && !this.failed.value.has(line.key)) void this.fetch(line, to);
    return null;
  }

  /** Fetches what is not shown yet, one after the other, as long as it finds room. */
  async wantAll(lines: readonly SeriesLine[], to: (key: string) => Affine): Promise<void> {
    for (const line of lines) {
      if (this.ending.aborted || this.size() > MOST_BYTES / 2) return;
      if (!this.shown.peek().has(line.key) && !this.coming.has(line.key) && !this.failed.peek().has(line.key)) await this.fetch(line, to(line.key));
    }
  }

  private size(): number {
    return [...this.shown.peek().values()].reduce((sum, one) => sum + one.volume.voxels.byteLength, 0);
  }

  private async fetch(line: SeriesLine, to: Affine): Promise<void> {
    this.coming.add(line.key);
    try {
      const volume = moved(await fetchVolume(this.url(line), this.ending), to);
      const [low = 0, usual = 1, high = 1] = percentiles(volume, [0.02, 0.5, 0.99]);
      const auto: Window = { centre: (low + high) / 2, width: Math.max(high - low, 1e-3) };
      if (!this.ending.aborted) this.keep({ key: line.key, volume, auto, usual: usual || 1 });
    } catch (error) {
      if (!this.ending.aborted) this.failed.value = new Map(this.failed.value).set(line.key, error instanceof Error ? error.message : String(error));
    } finally {
      this.coming.delete(line.key);
    }
  }

  private keep(film: Film): void {
    const films = new Map(this.shown.value).set(film.key, film);
    const size = (): number => [...films.values()].reduce((sum, one) => sum + one.volume.voxels.byteLength, 0);
    const oldest = [...films.keys()].sort((a, b) => (this.used.get(a) ?? 0) - (this.used.get(b) ?? 0));
    for (const key of oldest) if (size() > MOST_BYTES && key !== film.key) films.delete(key);
    this.shown.value = films;
  }

  retry(key: string): void {
    const failed = new Map(this.failed.value);
    failed.delete(key);
    this.failed.value = failed;
  }

  /** Lets go of the films whose key meets a condition. */
  drop(which: (key: string) => boolean): void {
    this.shown.value = new Map([...this.shown.value].filter(([key]) => !which(key)));
    this.failed.value = new Map([...this.failed.value].filter(([key]) => !which(key)));
  }

  clear(): void {
    this.shown.value = new Map();
    this.used.clear();
  }
}
