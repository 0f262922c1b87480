/** The published counts of an entity, sorted as one likes; a row opens to its series. */
import { useMemo, useState } from "preact/hooks";
import { Icon } from "../parts/icon";
import { Bar, interval, percent, SeriesList } from "./figures";
import { Cites } from "./runs";
import type { EvidenceRow } from "./types";

type Sort = "sign" | "share" | "patients" | "series";
const heads: { key: Sort; name: string; number?: boolean }[] = [
  { key: "sign", name: "Sign" }, { key: "patients", name: "Counted", number: true }, { key: "share", name: "Share, 90 % interval" }, { key: "series", name: "Series", number: true },
];

/** The absence of a sign whose presence is counted too says nothing more. */
export function telling(rows: EvidenceRow[]): EvidenceRow[] {
  const present = new Set(rows.filter((row) => row.state === "present").map((row) => `${row.entity} ${row.finding}`));
  return rows.filter((row) => row.state !== "absent" || !present.has(`${row.entity} ${row.finding}`));
}

export function Evidence({ rows, code }: { rows: EvidenceRow[]; code: string }) {
  const [sort, setSort] = useState<{ by: Sort; up: boolean }>({ by: "sign", up: true });
  const [opened, setOpened] = useState<string | null>(null);
  const shown = useMemo(() => sorted(telling(rows), sort), [rows, sort]);
  const choose = (by: Sort): void => setSort({ by, up: sort.by === by ? !sort.up : by === "sign" });
  return (
    <div class="evidence">
      <table class="table evidence-table">
        <caption class="hidden-text">Published counts, sortable</caption>
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head.key} scope="col" class={head.number ? "table-number" : ""} aria-sort={sort.by === head.key ? (sort.up ? "ascending" : "descending") : "none"}>
                <button type="button" class="evidence-sort" onClick={() => choose(head.key)}>
                  {head.name}{sort.by === head.key && <Icon name={sort.up ? "up" : "down"} size={11} />}
                </button>
              </th>
            ))}
            <th scope="col">Papers</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((row, number) => {
            const key = `${row.entity}/${row.finding}/${row.state}`;
            const same = sort.by === "sign" && number > 0 && shown[number - 1]!.finding === row.finding;
            return (
              <>
                <tr key={key} class={same ? "evidence-same" : ""}>
                  <th scope="row" class="evidence-sign">
                    <button type="button" class="evidence-open" aria-expanded={opened === key} onClick={() => setOpened(opened === key ? null : key)}>
                      <Icon name={opened === key ? "down" : "forward"} size={11} />
                      <span><span class={same ? "evidence-repeat" : ""}>{row.finding_name}</span>{row.state !== "present" && <>{": "}<b>{row.state_name}</b></>}
                        {row.entity !== code && <span class="evidence-entity">{row.name}</span>}</span>
                    </button>
                  </th>
                  <td class="table-number number evidence-count">{row.positive} of {row.total}</td>
                  <td class="evidence-share"><Bar cell={row} /><span class="number">{percent(row.rate)} <span class="faint">({interval(row)})</span></span></td>
                  <td class="table-number number evidence-series">{row.series.length}<span class="evidence-label"> series</span></td>
                  <td class="evidence-cites"><Cites numbers={[...new Set(row.series.map((one) => one.cite))].slice(0, 4)} />{row.series.length > 4 && <span class="faint"> …</span>}</td>
                </tr>
                {opened === key && <tr key={`${key}-series`} class="evidence-detail"><td colSpan={5}><SeriesList series={row.series} /></td></tr>}
              </>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function sorted(rows: EvidenceRow[], { by, up }: { by: Sort; up: boolean }): EvidenceRow[] {
  const measure: Record<Sort, (row: EvidenceRow) => number> = {
    sign: (row) => rows.indexOf(row), share: (row) => row.rate, patients: (row) => row.total, series: (row) => row.series.length,
  };
  const kept = rows.map((row) => ({ row, value: measure[by](row) }));
  return kept.sort((a, b) => (up ? a.value - b.value : b.value - a.value)).map(({ row }) => row);
}
