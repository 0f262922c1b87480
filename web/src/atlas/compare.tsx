/** Two entities in columns: what tells them apart first, each with its counts and papers; then what is written of each. */
import { useEffect, useState } from "preact/hooks";
import { Button } from "../parts/button";
import { go, useTitle } from "../shell/router";
import { Chooser } from "./chooser";
import { Bar, Figures, SeriesList } from "./figures";
import { Blocks, Citing, ReferenceText } from "./runs";
import { SignLink } from "./signlink";
import { article as load, comparison, index } from "./store";
import type { Article, Cell, CompareRow, Comparison } from "./types";

export function ComparePage({ a, b }: { a: string; b: string }) {
  const [told, setTold] = useState<Comparison | null>(null);
  const [failure, setFailure] = useState("");
  const [changing, setChanging] = useState<0 | 1 | null>(null);
  useTitle(told ? `${told.sides[0].title} and ${told.sides[1].title} · Atlas` : "Compare · Atlas");
  useEffect(() => {
    if (!a || !b) return;
    let stale = false;
    setTold(null);
    setFailure("");
    comparison(a, b).then((one) => !stale && setTold(one), (error: Error) => !stale && setFailure(error.message));
    return () => void (stale = true);
  }, [a, b]);
  const sides = [a, b] as const;
  const titles = sides.map((code) => index.value?.articles.find((one) => one.code === code)?.title ?? code);
  const choose = (code: string): void => {
    const [first, second] = changing === 0 ? [code, b] : [a, code];
    setChanging(null);
    go(`/atlas/compare?a=${first}&b=${second}`, { keep: true });
  };
  return (
    <div class="compare">
      <h1>Compare</h1>
      <div class="compare-heads">
        {sides.map((code, side) => (
          <div key={side} class={`compare-head side-${side}`}>
            {code ? <a href={`/atlas/${code}`}>{titles[side]}</a> : <span class="quiet">none chosen</span>}
            <Button size="s" kind="quiet" onClick={() => setChanging(side as 0 | 1)}>{code ? "Change" : "Choose"}</Button>
          </div>
        ))}
      </div>
      {failure && <p class="quiet" role="alert">{failure}</p>}
      {told && <Told told={told} />}
      <Chooser open={changing !== null} title="Compare with" except={changing === 0 ? b : a} onChoose={choose} onClose={() => setChanging(null)} />
    </div>
  );
}

function Told({ told }: { told: Comparison }) {
  const apart = told.rows.filter((row) => row.gap >= 1);
  const alike = told.rows.filter((row) => row.gap >= 0 && row.gap < 1);
  const single = told.rows.filter((row) => row.gap < 0);
  return (
    <Citing references={told.references}>
      <Rows name="What tells them apart" note="The 90 % intervals do not meet." rows={apart} told={told} />
      <Rows name="Alike, or not known to differ" note="The intervals meet: the published counts do not tell these apart." rows={alike} told={told} />
      <Rows name="Counted in one only" rows={single} told={told} folded />
      <Texts codes={[told.sides[0].code, told.sides[1].code]} />
      <section class="compare-part">
        <h2>References of the counts</h2>
        <ol class="references">{told.references.map((one, number) => <li key={one.key} id={`ref-${number + 1}`}><ReferenceText one={one} /></li>)}</ol>
      </section>
    </Citing>
  );
}

function Rows({ name, note, rows, told, folded = false }: { name: string; note?: string; rows: CompareRow[]; told: Comparison; folded?: boolean }) {
  if (!rows.length) return null;
  const table = (
    <div class="compare-rows" role="table" aria-label={name}>
      <div role="row" class="hidden-text"><span role="columnheader">Sign</span>{told.sides.map((one) => <span key={one.code} role="columnheader">{one.title}</span>)}</div>
      {rows.map((row) => (
        <div key={`${row.finding}/${row.state}`} role="row" class="compare-row">
          <div role="rowheader" class="compare-sign"><SignLink code={row.finding}>{row.finding_name}</SignLink>{row.state !== "present" && <> <b>{row.state_name}</b></>}</div>
          {row.cells.map((cell, side) => <div key={side} role="cell" class={`compare-cell side-${side}`}><Side cell={cell} name={told.sides[side as 0 | 1].title} /></div>)}
        </div>
      ))}
    </div>
  );
  return (
    <section class="compare-part">
      {folded
        ? <details><summary><h2>{name} <span class="faint number">{rows.length}</span></h2></summary>{table}</details>
        : <><h2>{name} <span class="faint number">{rows.length}</span></h2>{note && <p class="quiet small">{note}</p>}{table}</>}
    </section>
  );
}

function Side({ cell, name }: { cell: Cell | null; name: string }) {
  if (!cell) return <span class="faint"><span class="hidden-text">{name}: </span>not counted</span>;
  return (
    <details>
      <summary><span class="hidden-text">{name}: </span><Bar cell={cell} /><Figures cell={cell} /></summary>
      <SeriesList series={cell.series} />
    </details>
  );
}

const compared = ["Summary", "Epidemiology", "Clinical presentation", "MRI", "CT", "Treatment and prognosis"];

/** What is written of each, section by section, side by side. Its citations are those of the articles, so they are left out here. */
function Texts({ codes }: { codes: [string, string] }) {
  const [both, setBoth] = useState<[Article, Article] | null>(null);
  useEffect(() => {
    let stale = false;
    setBoth(null);
    Promise.all(codes.map(load)).then((got) => !stale && setBoth(got as [Article, Article]), () => undefined);
    return () => void (stale = true);
  }, [codes.join()]);
  if (!both) return null;
  const part = (article: Article, title: string) => article.parts.find((one) => one.title === title);
  return (
    <section class="compare-part">
      <h2>What is written</h2>
      <p class="quiet small">Each sentence stands with its source in the article.</p>
      {compared.filter((title) => both.some((one) => part(one, title))).map((title) => (
        <div key={title} class="compare-text">
          <h3>{title}</h3>
          {both.map((one, side) => {
            const found = part(one, title);
            const bare = found?.blocks.map((block) => ({ ...block, runs: block.runs.filter((run) => !run.cites) })) ?? [];
            return <div key={one.code} class={`side-${side}`}><span class="compare-name">{one.title}</span>{found ? <Blocks blocks={bare} /> : <p class="faint">Nothing written</p>}</div>;
          })}
        </div>
      ))}
    </section>
  );
}
