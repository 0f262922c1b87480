/** One pull of the brush or eraser: painted here at once, sent when it ends. */

import type { Session } from "../session";
import type { Vec3 } from "../slices/geometry";
import type { Lie } from "../slices/frame";
import type { Volume } from "../slices/volume";
import { type Brush, type Slab, between, touched } from "./brush";
import { type Edit, type LesionMap, applyEdits, joined, runsOf } from "./runs";

export class Stroke {
  private readonly voxels = new Set<number>();
  private readonly before: Edit[] = [];
  private last: Vec3;

  private constructor(private readonly session: Session, private readonly map: LesionMap & { grid: Volume }, private readonly brush: Brush,
    private readonly slab: Slab, private readonly code: number, private readonly instance: number, from: Vec3) {
    this.last = from;
    this.touch(from);
    session.painted.value += 1;
  }

  /** undefined where the study has no map to paint on. */
  static begin(session: Session, tool: "brush" | "eraser", from: Vec3, lie: Lie): Stroke | undefined {
    const map = session.map();
    if (!map) return undefined;
    const { radiusMm, deep, code } = session.stage.brush.value;
    const slab = { normal: lie.normal, thicknessMm: lie.step };
    const instance = session.paintedInstance();
    return new Stroke(session, map, { radiusMm, deep }, slab, tool === "brush" ? code : 0, tool === "brush" ? instance : 0, from);
  }

  extend(to: Vec3): void {
    const step = Math.max(this.brush.radiusMm / 2, 0.3);
    for (const point of between(this.last, to, step)) this.touch(point);
    this.last = to;
    this.session.painted.value += 1;
  }

  private touch(point: Vec3): void {
    const fresh = touched(this.map.grid, point, this.brush, this.slab).filter((voxel) => !this.voxels.has(voxel) && this.changes(voxel));
    if (fresh.length === 0) return;
    for (const voxel of fresh) this.voxels.add(voxel);
    this.before.push(...applyEdits(this.map, [this.edit(fresh)]));
  }

  private changes(voxel: number): boolean {
    return this.map.tissue[voxel] !== this.code || this.map.instance[voxel] !== this.instance;
  }

  private edit(voxels: Iterable<number>): Edit {
    return { code: this.code, instance: this.instance, runs: runsOf(voxels) };
  }

  /** How many voxels it has changed. */
  get size(): number {
    return this.voxels.size;
  }

  end(): void {
    this.session.sendStroke([this.edit(this.voxels)], joined(this.before), this.code === 0 ? "the mask, erased" : "the mask, painted");
  }
}
