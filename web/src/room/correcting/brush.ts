/** Which voxels of the reference grid a brush touches. */

import { type Vec3, apply, dot, subtract } from "../slices/geometry";
import { type Volume, indexOf } from "../slices/volume";

export interface Brush {
  readonly radiusMm: number;
  /** A ball, or a disc in the slice that is seen. */
  readonly deep: boolean;
}

/** The slice that is painted on: its normal, and how thick it is. */
export interface Slab {
  readonly normal: Vec3;
  readonly thicknessMm: number;
}

/** How far a voxel of the grid reaches along a direction: a slice thinner than that still meets one layer of voxels. */
function reach(grid: Volume, direction: Vec3): number {
  const along = [0, 1, 2].map((axis) => {
    const edge: Vec3 = [grid.affine[axis] ?? 0, grid.affine[4 + axis] ?? 0, grid.affine[8 + axis] ?? 0];
    return Math.abs(dot(edge, direction));
  });
  return Math.max(...along);
}

/**
 * Voxels whose centre lies within the brush at a point. A disc is as thick as the slice, or one voxel where the slice is thinner;
 * the voxel under the point is always touched.
 */
export function touched(grid: Volume, at: Vec3, brush: Brush, slab: Slab): number[] {
  const half = Math.max(slab.thicknessMm, reach(grid, slab.normal)) / 2 - 1e-6;
  const centre = apply(grid.inverse, at);
  const size = grid.spacing.map((edge) => Math.ceil(Math.max(brush.radiusMm, half) / edge) + 1) as [number, number, number];
  const home = centre.map(Math.round) as [number, number, number];
  const found = new Set<number>();
  const own = indexOf(grid.shape, ...home);
  if (own >= 0) found.add(own);
  for (let k = home[2] - size[2]; k <= home[2] + size[2]; k++) {
    for (let j = home[1] - size[1]; j <= home[1] + size[1]; j++) {
      for (let i = home[0] - size[0]; i <= home[0] + size[0]; i++) {
        const index = indexOf(grid.shape, i, j, k);
        if (index < 0) continue;
        const from = subtract(apply(grid.affine, [i, j, k]), at);
        const off = dot(from, slab.normal);
        const flat = dot(from, from) - off * off;
        const inside = brush.deep ? flat + off * off <= brush.radiusMm ** 2 : Math.abs(off) <= half && flat <= brush.radiusMm ** 2;
        if (inside) found.add(index);
      }
    }
  }
  return [...found];
}

/** Points from one place of the pointer to the next, close enough that the brush leaves no gaps. */
export function between(from: Vec3, to: Vec3, stepMm: number): Vec3[] {
  const way = subtract(to, from);
  const steps = Math.max(1, Math.ceil(Math.sqrt(dot(way, way)) / stepMm));
  return Array.from({ length: steps }, (_, step) => {
    const share = (step + 1) / steps;
    return [from[0] + way[0] * share, from[1] + way[1] * share, from[2] + way[2] * share] as Vec3;
  });
}
