/** One study open in the room: what is known of it, what is shown of it, and what the reader does to it. */

import { batch, computed, signal } from "@preact/signals";
import { ApiError } from "../api/client";
import { loadStudy } from "../api/studies";
import type { Study } from "../api/types";
import { toast } from "../parts/toast";
import { hear } from "../shell/events";
import { type LesionMap, applyEdits } from "./correcting/runs";
import type { Edit } from "./correcting/runs";
import * as calls from "./calls";
import { Earlier, isEarlier, ownKey } from "./earlier";
import { Films } from "./films";
import { Saves, type Operation, type Strokes } from "./saves";
import { type Affine, type Vec3, IDENTITY, apply } from "./slices/geometry";
import { type Volume, fetchVolume, volumeOf } from "./slices/volume";
import { spanOf, type Span } from "./viewer/landmarks";
import type { After, Blind, Changed, Differential, Finding, Lesion, NotAssessed, Place, ReadingAnswer, SeriesLine, Wish } from "./types";
import { findingName, type Words } from "./words";
import { Stage } from "./viewer/stage";

export type Opening =
  | { is: "opening" }
  | { is: "blind" }
  | { is: "waiting"; study: Study }
  | { is: "ready" }
  | { is: "failed"; why: string };

export type LabelName = "anatomy" | "lesion" | "instances";
const LABELS: readonly LabelName[] = ["anatomy", "lesion", "instances"];

export class Session {
  readonly opening = signal<Opening>({ is: "opening" });
  readonly answer = signal<ReadingAnswer | null>(null);
  private readonly blindSeries = signal<SeriesLine[]>([]);
  private readonly blindWords = signal<Words>({});
  readonly labels = signal<Partial<Record<LabelName, Volume>>>({});
  /** Counts the changes of the label maps' voxels, so that views draw them anew. */
  readonly painted = signal(0);
  /** Counts the finished changes of them: a stroke that is still drawn does not count. */
  readonly settled = signal(0);
  /** Differentials of a what-if; null while none is asked. Nothing of it is kept. */
  readonly supposed = signal<Differential[] | null>(null);
  readonly supposing = signal(false);
  readonly suppositions = signal<Wish[]>([]);
  readonly lesion = signal<string | null>(null);
  /** The number of a lesion that is being added; it has no voxels until something is painted. */
  readonly newInstance = signal<number | null>(null);
  readonly busy = signal<string | null>(null);

  readonly words = computed<Words>(() => this.answer.value?.words ?? this.blindWords.value);
  readonly series = computed<SeriesLine[]>(() => [...(this.answer.value?.series ?? this.blindSeries.value), ...this.earlier.series.value]);
  readonly lesions = computed<Lesion[]>(() => this.answer.value?.report.reading.lesions ?? []);
  readonly findings = computed<Finding[]>(() => this.answer.value?.report.reading.findings ?? []);
  readonly notAssessed = computed<NotAssessed[]>(() => this.answer.value?.report.reading.not_assessed ?? []);
  readonly differentials = computed<Differential[]>(() => this.answer.value?.report.differentials ?? []);
  readonly blind = computed<Blind | null>(() => this.answer.value?.blind ?? null);
  readonly spans = computed<Span[]>(() => {
    this.settled.value;
    const map = this.labels.value.instances;
    return map ? spanOf(map) : [];
  });

  readonly earlier: Earlier;
  readonly films: Films;
  readonly stage: Stage;
  readonly saves: Saves;
  private done: Step[] = [];
  private undone: Edit[][] = [];
  readonly canUndo = signal(false);
  readonly canRedo = signal(false);
  private readonly ending = new AbortController();
  private readonly unhear: () => void;

  constructor(readonly id: string) {
    this.films = new Films((line) => this.urlOf(line), this.ending.signal);
    this.stage = new Stage(this);
    this.earlier = new Earlier(() => this.stage.landmarks.value, this.ending.signal);
    this.saves = new Saves({
      key: `room/${id}`,
      send: (operation, base) => this.send(operation, base),
      taken: (operation, changed) => this.take(operation, changed),
      dropped: (why) => {
        if (why !== null) toast(`Not done: ${why}`, "bad");
        void this.open();
      },
    });
    this.unhear = hear("study", (study) => {
      if (study.id === id) this.hearOf(study);
    });
  }

  private urlOf(line: SeriesLine): string {
    const before = isEarlier(line.key) ? this.earlier.id.peek() : null;
    return before === null ? calls.seriesUrl(this.id, line.key, line.digest) : calls.seriesUrl(before, ownKey(line.key), line.digest);
  }

  private hearOf(study: Study): void {
    const known = this.answer.peek()?.version;
    if (this.opening.peek().is === "waiting") {
      if (study.state === "queued" || study.state === "reading") this.opening.value = { is: "waiting", study };
      else void this.open();
    }
    if (known !== undefined && study.version > known && this.saves.waiting === 0) this.newer.value = study.version;
  }

  /** A version that someone else made while this one is shown. */
  readonly newer = signal<number | null>(null);

  async open(): Promise<void> {
    try {
      const answer = await calls.loadReading(this.id, this.ending.signal);
      const first = this.answer.peek() === null;
      batch(() => {
        this.answer.value = answer;
        this.opening.value = { is: "ready" };
        this.newer.value = null;
        if (first) this.begin(answer);
      });
      if (first) await this.saves.begin(answer.version);
      else this.saves.follow(answer.version);
      await this.loadLabels(answer.labels);
    } catch (error) {
      await this.refuse(error);
    }
  }

  private async refuse(error: unknown): Promise<void> {
    if (this.ending.signal.aborted) return;
    if (error instanceof ApiError && error.failure === "locked") {
      const images = (error.body as { theirs?: Images | null } | null)?.theirs;
      if (images?.series) return this.openBlind(images);
      const study = await loadStudy(this.id).catch(() => null);
      if (study && study.state !== "attention") {
        this.opening.value = { is: "waiting", study };
        return;
      }
    }
    this.opening.value = { is: "failed", why: error instanceof Error ? error.message : String(error) };
  }

  /** The images alone: findings and ranking are shown once the reader has committed their own. */
  private openBlind(images: Images): void {
    batch(() => {
      this.blindSeries.value = images.series;
      this.blindWords.value = images.words;
      this.opening.value = { is: "blind" };
      this.stage.hangUp(images.series);
    });
  }

  private begin(answer: ReadingAnswer): void {
    if (this.stage.views.value.every((view) => view.series === null)) this.stage.hangUp(answer.series);
    const largest = [...answer.report.reading.lesions].sort((a, b) => b.volume_mm3 - a.volume_mm3)[0];
    if (!largest) return;
    this.lesion.value = largest.tracking_uid;
    this.stage.crosshair.value = this.pointOf(largest.where);
  }

  private async loadLabels(digests: ReadingAnswer["labels"]): Promise<void> {
    const loaded = await Promise.all(LABELS.map(async (name) => {
      if (!(name in digests)) return null;
      const volume = await fetchVolume(calls.labelsUrl(this.id, name, digests[name]), this.ending.signal).catch(() => null);
      return volume ? ([name, volume] as const) : null;
    }));
    const found = Object.fromEntries(loaded.filter((entry) => entry !== null)) as Partial<Record<LabelName, Volume>>;
    if (!found.lesion !== !found.instances) delete found.lesion, delete found.instances;
    const grid = found.lesion ?? found.anatomy;
    if (grid && !found.lesion) for (const name of ["lesion", "instances"] as const) found[name] = emptyOn(grid);
    batch(() => {
      if (!this.sameMap(found)) this.forgetSteps();
      this.labels.value = found;
      this.painted.value += 1;
      this.settled.value += 1;
    });
  }

  private sameMap(found: Partial<Record<LabelName, Volume>>): boolean {
    const same = (name: LabelName): boolean => {
      const [a, b] = [this.labels.peek()[name]?.voxels, found[name]?.voxels];
      return a !== undefined && b !== undefined && a.length === b.length && a.every((value, at) => value === b[at]);
    };
    return same("lesion") && same("instances");
  }

  /** Series key to the map from its scanner millimetres to the study's reference. */
  toReference(key: string): Affine {
    const told = this.series.value.find((line) => line.key === key)?.to_reference;
    return told && told.length >= 12 ? told.slice(0, 12) : IDENTITY;
  }

  pointOf(place: Place): Vec3 {
    return apply(this.toReference(place.series_key), [place.x, place.y, place.z]);
  }

  /** The map that is painted on; null where the study has none. */
  map(): (LesionMap & { grid: Volume }) | null {
    const { lesion, instances } = this.labels.peek();
    if (!lesion || !instances) return null;
    return { tissue: lesion.voxels as Int16Array, instance: instances.voxels as Int16Array, grid: lesion };
  }

  /** The instance number that is painted: the chosen lesion's, or a new one's. */
  paintedInstance(): number {
    return this.newInstance.value ?? this.lesions.value.find((one) => one.tracking_uid === this.lesion.value)?.instance ?? this.freeInstance();
  }

  freeInstance(): number {
    const used = [...this.spans.value.map((span) => span.instance), ...this.lesions.value.map((one) => one.instance)];
    return Math.max(0, ...used) + 1;
  }

  /** What a subject is called. */
  subjectName(subject: string): string {
    if (subject === "patient") return "the patient";
    const lesion = this.lesions.value.find((one) => one.tracking_uid === subject);
    return lesion ? `lesion ${lesion.instance}` : "a lesion that is gone";
  }

  // ── corrections ────────────────────────────────────────────────────────────────────────────────────────────────

  /** Sets a finding by hand, or, with null, back to what was measured. In a what-if nothing is kept. */
  correct(code: string, subject: string, after: After): void {
    const target = `${subject}/${code}`;
    if (this.supposing.value) {
      this.suppose({ target, after });
      return;
    }
    this.saves.add({ is: "change", wish: { target, after }, words: `${findingName(this.words.value, code)} of ${this.subjectName(subject)}` });
  }

  suppose(wish: Wish): void {
    const others = this.suppositions.value.filter((one) => one.target !== wish.target);
    this.suppositions.value = wish.after === null ? others : [...others, wish];
    void this.askWhatIf();
  }

  endSupposing(): void {
    batch(() => {
      this.supposing.value = false;
      this.suppositions.value = [];
      this.supposed.value = null;
    });
  }

  private async askWhatIf(): Promise<void> {
    const asked = this.suppositions.value;
    if (asked.length === 0) {
      this.supposed.value = null;
      return;
    }
    const { differentials } = await calls.askWhatIf(this.id, asked);
    if (this.suppositions.peek() === asked) this.supposed.value = differentials;
  }

  nameVertebra(at: Vec3, name: string): void {
    this.saves.add({ is: "levels", at, name, words: `the vertebra named ${name}` });
  }

  /** Edits the lesion map here at once and sends it; can be undone. */
  edit(edits: Edit[], words: string): void {
    const map = this.map();
    if (map) this.sendStroke(edits, applyEdits(map, edits), words);
  }

  /** A stroke that was painted already; before puts back what was there. */
  sendStroke(edits: Edit[], before: Edit[], words: string): void {
    if (edits.every((edit) => edit.runs.length === 0)) return;
    this.done.push({ before, stroke: this.sendEdits({ is: "strokes", edits, words }) });
    this.undone = [];
    this.steps();
  }

  undo(): void {
    const map = this.map();
    const step = this.done.pop();
    if (!map || !step) return;
    this.undone.push(applyEdits(map, step.before));
    this.sendEdits({ is: "strokes", edits: step.before, words: `${step.stroke.words}, taken back`, of: step.stroke });
    this.steps();
  }

  redo(): void {
    const map = this.map();
    const edits = this.undone.pop();
    if (!map || !edits) return;
    this.done.push({ before: applyEdits(map, edits), stroke: this.sendEdits({ is: "strokes", edits, words: "the mask, done again" }) });
    this.steps();
  }

  private sendEdits(stroke: Strokes): Strokes {
    this.painted.value += 1;
    this.settled.value += 1;
    this.saves.add(stroke);
    return stroke;
  }

  private steps(): void {
    this.canUndo.value = this.done.length > 0;
    this.canRedo.value = this.undone.length > 0;
  }

  private forgetSteps(): void {
    this.done = [];
    this.undone = [];
    this.steps();
  }

  private send(operation: Operation, base: number): Promise<Changed> {
    if (operation.is === "change") return calls.sendChange(this.id, base, operation.wish);
    if (operation.is === "levels") return calls.sendLevels(this.id, base, operation.at, operation.name);
    const number = operation.of?.number;
    return number === undefined ? calls.sendStrokes(this.id, base, operation.edits) : calls.sendUndo(this.id, base, number);
  }

  private take(operation: Operation, changed: Changed): void {
    const before = this.answer.peek();
    if (!before) return;
    const { lesions, findings, not_assessed, differentials, changes, impression, emergencies } = changed.reading;
    const reading = { ...before.report.reading, lesions, findings, not_assessed };
    const report = { ...before.report, reading, differentials, impression, emergencies };
    batch(() => {
      this.answer.value = { ...before, version: changed.version, report, changes, labels: changed.labels };
      this.follow(lesions);
    });
    if (operation.is !== "change" && this.saves.waiting === 0) void this.loadLabels(changed.labels);
  }

  /** A lesion that was added is chosen when it has come; one that is gone is not chosen any more. */
  private follow(lesions: readonly Lesion[]): void {
    const added = lesions.find((one) => one.instance === this.newInstance.value);
    if (added) [this.lesion.value, this.newInstance.value] = [added.tracking_uid, null];
    if (!lesions.some((one) => one.tracking_uid === this.lesion.value)) this.lesion.value = lesions[0]?.tracking_uid ?? null;
  }

  close(): void {
    this.unhear();
    this.saves.stop();
    this.ending.abort();
    this.films.clear();
    this.labels.value = {};
  }
}

/** What may be seen of a study that is read blind first. */
interface Images {
  series: SeriesLine[];
  words: Record<string, string>;
}

/** What was done, and what puts back what was there before. */
interface Step {
  readonly before: Edit[];
  readonly stroke: Strokes;
}

const emptyOn = (grid: Volume): Volume => volumeOf(grid.shape, grid.affine, new Int16Array(grid.voxels.length));
