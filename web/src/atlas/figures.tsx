/** Published counts as they are shown everywhere: k of n, the share, and its interval as a bar. */
import { Cites } from "./runs";
import type { Cell, SeriesCount } from "./types";

export const percent = (share: number): string => `${Math.round(share * 100)} %`;

export function Bar({ cell }: { cell: Pick<Cell, "rate" | "interval"> }) {
  const [low, high] = cell.interval;
  return (
    <span class="bar-share" aria-hidden="true">
      <span class="bar-span" style={{ left: `${low * 100}%`, width: `${Math.max(1, (high - low) * 100)}%` }} />
      <span class="bar-point" style={{ left: `${cell.rate * 100}%` }} />
    </span>
  );
}

export const interval = (cell: Cell): string => `${Math.round(cell.interval[0] * 100)} to ${percent(cell.interval[1])}`;

export function Figures({ cell }: { cell: Cell }) {
  return (
    <span class="figures number">
      <b>{cell.positive}</b> of {cell.total}
      <span class="figures-share">{percent(cell.rate)} <span class="faint">({interval(cell)})</span></span>
    </span>
  );
}

const selections: Record<string, string> = {
  unselected: "as they came", narrowed: "narrowed", selected: "selected", other: "other diseases or sites", criterion: "by definition", repeated: "counted elsewhere",
};
const fits: Record<string, string> = { exact: "exact", near: "near", surrogate: "stands in for it", unfit: "not fitting" };

/** Series by series: how many of whom, what narrows it, how it was graded, and the paper. */
export function SeriesList({ series }: { series: SeriesCount[] }) {
  return (
    <ul class="series">
      {series.map((one, number) => (
        <li key={number}>
          <span class="number"><b>{one.n}</b> of {one.of} {one.unit}</span>
          {one.asides.length > 0 && <span class="quiet"> ({one.asides.join(", ")})</span>}
          <Cites numbers={[one.cite]} />
          <span class="series-grade" title={one.why || undefined}>
            {one.selection && `patients ${selections[one.selection] ?? one.selection}, measure ${fits[one.fit] ?? one.fit}, `}weight {one.weight}
          </span>
        </li>
      ))}
    </ul>
  );
}
