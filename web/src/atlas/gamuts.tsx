/** Gamuts: for a state of a sign, the entities to consider, the surest first. */
import { useState } from "preact/hooks";
import { useTitle } from "../shell/router";
import { Figures, Bar, SeriesList } from "./figures";
import { Cites } from "./runs";
import { index } from "./store";
import type { Article, EvidenceRow, Gamut, Mention } from "./types";

/** The gamut of a sign's article, with counts and papers. */
export function SignGamut({ article }: { article: Article }) {
  const states = [...new Set([...article.evidence, ...article.mentions].map((row) => row.state))];
  return (
    <>
      {states.map((state) => {
        const rows = article.evidence.filter((row) => row.state === state);
        const told = article.mentions.filter((row) => row.state === state);
        const name = rows[0]?.state_name ?? told[0]?.state_name ?? state;
        return (
          <section key={state} class="gamut" id={`gamut-${state}`}>
            <h3>{state === "present" ? "Present" : capital(name)}: consider</h3>
            <Counted rows={rows} />
            {told.length > 0 && <Told rows={told} />}
          </section>
        );
      })}
    </>
  );
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function Counted({ rows }: { rows: EvidenceRow[] }) {
  return <ol class="gamut-list">{rows.map((row) => <Line key={row.entity} row={row} />)}</ol>;
}

function Line({ row }: { row: EvidenceRow }) {
  const [open, setOpen] = useState(false);
  return (
    <li>
      <div class="gamut-row">
        <a href={`/atlas/${row.entity}`}>{row.name}</a>
        <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}><Bar cell={row} /><Figures cell={row} /></button>
      </div>
      {open && <SeriesList series={row.series} />}
    </li>
  );
}

function Told({ rows }: { rows: Mention[] }) {
  return (
    <div class="gamut-told">
      <h4>Described, not counted</h4>
      <ul>
        {rows.map((row) => (
          <li key={row.entity}><a href={`/atlas/${row.entity}`}>{row.name}</a>{row.said && <span class="quiet"> ({row.said})</span>}<Cites numbers={row.cites} /></li>
        ))}
      </ul>
    </div>
  );
}

export function GamutsPage() {
  useTitle("Gamuts · Atlas");
  const all = index.value?.gamuts;
  if (!all) return <div class="page-wait" role="status"><span class="hidden-text">Opening</span></div>;
  const signs = [...new Set(all.map((one) => one.finding))];
  return (
    <div class="atlas-home">
      <header>
        <h1>Gamuts by sign</h1>
        <p class="quiet">What to consider when a sign is there: first the entities it was counted in, the surest first, then those it was only described in.</p>
      </header>
      {signs.map((sign) => <SignBlock key={sign} rows={all.filter((one) => one.finding === sign)} />)}
    </div>
  );
}

function SignBlock({ rows }: { rows: Gamut[] }) {
  return (
    <section class="gamut-block">
      <h2><a href={`/atlas/${rows[0]!.finding}`}>{rows[0]!.finding_name}</a></h2>
      {rows.map((row) => (
        <div key={row.state} class="gamut-line">
          <h3><a href={`/atlas/${row.finding}#gamut-${row.state}`}>{row.state_name}</a></h3>
          <p>
            {row.counted.map((one, number) => (
              <span key={one.entity}>{number > 0 && " · "}<a href={`/atlas/${one.entity}`}>{one.name}</a> <span class="faint number">{one.positive} of {one.total}</span></span>
            ))}
            {row.described.length > 0 && <span class="quiet">{row.counted.length > 0 && " · "}described in {row.described.map((one, number) => (
              <span key={one.entity}>{number > 0 && ", "}<a href={`/atlas/${one.entity}`}>{one.name}</a></span>
            ))}</span>}
          </p>
        </div>
      ))}
    </section>
  );
}
