/** A plain table with a name; on a narrow screen it scrolls within its own frame. */
import type { ComponentChildren } from "preact";

export interface Column<Row> {
  key: string;
  head: string;
  cell: (row: Row) => ComponentChildren;
  /** Figures stand at the right, one under the other. */
  number?: boolean;
  /** The cell that names the row. */
  names?: boolean;
}

export function Table<Row>({ label, columns, rows, rowKey }: { label: string; columns: Column<Row>[]; rows: Row[]; rowKey: (row: Row) => string }) {
  return (
    <div class="table-frame" role="region" aria-label={label} tabIndex={0}>
      <table class="table">
        <caption class="hidden-text">{label}</caption>
        <thead>
          <tr>{columns.map((column) => <th key={column.key} scope="col" class={column.number ? "table-number" : ""}>{column.head}</th>)}</tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)}>
              {columns.map((column) => {
                const kind = column.number ? "table-number number" : "";
                return column.names
                  ? <th key={column.key} scope="row" class={kind}>{column.cell(row)}</th>
                  : <td key={column.key} class={kind}>{column.cell(row)}</td>;
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
