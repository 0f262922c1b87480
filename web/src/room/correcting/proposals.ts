/** Masks that the server proposes and the reader accepts or refuses: by a click, or filled between two painted slices. */

import { ApiError } from "../../api/client";
import { toast } from "../../parts/toast";
import { proposeClick, proposeFill } from "../calls";
import type { Session } from "../session";
import { type Vec3, apply, column, dot, unit } from "../slices/geometry";
import type { Volume } from "../slices/volume";
import type { Lie } from "../slices/frame";
import { selected } from "./runs";

const voxelOf = (grid: Volume, point: Vec3): number[] => apply(grid.inverse, point).map(Math.round);

/** Asks for the mask of what lies at a point; further points belong to it or do not. */
export async function proposeAt(session: Session, point: Vec3, how: "new" | "add" | "refuse", series: string | null): Promise<void> {
  const map = session.map();
  if (!map) return;
  const voxel = voxelOf(map.grid, point);
  const now = session.stage.proposal.value;
  const asked = how === "new" || !now ? { at: voxel, add: [], refuse: [] } : {
    at: now.at, add: how === "add" ? [...now.add, voxel] : now.add, refuse: how === "refuse" ? [...now.refuse, voxel] : now.refuse,
  };
  await asking(session, async () => {
    const { runs, ms } = await proposeClick(session.id, asked.at, asked.add, asked.refuse, series);
    session.stage.proposal.value = { ...asked, runs, ms };
    if (runs.length === 0) toast("Nothing stands out there from what is around it.");
  });
}

/** The voxel axis of the grid that a view looks along. */
function axisAlong(grid: Volume, normal: Vec3): number {
  const along = [0, 1, 2].map((axis) => Math.abs(dot(unit(column(grid.affine, axis)), normal)));
  return along.indexOf(Math.max(...along));
}

/** The two painted slices of a lesion that have unpainted ones between them, nearest to a slice. */
export function gapNear(slices: readonly number[], near: number): [number, number] | null {
  const sorted = [...new Set(slices)].sort((a, b) => a - b);
  const gaps = sorted.slice(1).map((to, at) => [sorted[at]!, to] as [number, number]).filter(([from, to]) => to - from > 1);
  const off = ([from, to]: readonly [number, number]): number => (near >= from && near <= to ? 0 : Math.min(Math.abs(near - from), Math.abs(near - to)));
  return gaps.sort((a, b) => off(a) - off(b))[0] ?? null;
}

/** Asks for the slices between two painted ones, along the active view. */
export async function proposeBetween(session: Session, lie: Lie | null): Promise<void> {
  const map = session.map();
  if (!map || !lie) return;
  const axis = axisAlong(map.grid, lie.normal);
  const [nx, ny] = map.grid.shape;
  const along = (voxel: number): number => [voxel % nx, Math.floor(voxel / nx) % ny, Math.floor(voxel / (nx * ny))][axis]!;
  const instance = session.paintedInstance();
  const slices = selected(map, (_, number) => number === instance).map(along);
  const between = gapNear(slices, voxelOf(map.grid, session.stage.crosshair.value)[axis]!);
  if (!between) {
    toast("Paint the lesion on two slices with unpainted ones between them, then fill.");
    return;
  }
  await asking(session, async () => {
    const { runs, ms } = await proposeFill(session.id, between, axis, session.stage.brush.value.code, instance);
    session.stage.proposal.value = { at: [], add: [], refuse: [], runs, ms };
  });
}

async function asking(session: Session, act: () => Promise<void>): Promise<void> {
  session.busy.value = "Looking for the outline";
  try {
    await act();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    toast(error.message, "bad");
  } finally {
    session.busy.value = null;
  }
}

export function acceptProposal(session: Session): void {
  const proposal = session.stage.proposal.value;
  if (!proposal) return;
  session.stage.proposal.value = null;
  session.edit([{ code: session.stage.brush.value.code, instance: session.paintedInstance(), runs: proposal.runs }], "the mask, a proposed outline taken");
}

export const refuseProposal = (session: Session): void => void (session.stage.proposal.value = null);
