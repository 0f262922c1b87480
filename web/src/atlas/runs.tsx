/** Running text with links and numbered citations; what a number stands for is shown on hover, focus or click. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Block, Reference, Run } from "./types";

export function Blocks({ blocks }: { blocks: Block[] }) {
  const groups: Block[][] = [];
  for (const block of blocks) {
    const last = groups.at(-1);
    if (block.item && last?.[0]?.item) last.push(block);
    else groups.push([block]);
  }
  return (
    <>
      {groups.map((group, number) => group[0]!.item
        ? <ul key={number} class="atlas-items">{group.map((block, place) => <li key={place}><Runs runs={block.runs} /></li>)}</ul>
        : <p key={number}><Runs runs={group[0]!.runs} /></p>)}
    </>
  );
}

/** A sentence's full stop stands before the numbers of what it rests on. */
function ordered(runs: Run[]): Run[] {
  const out: Run[] = [];
  for (let place = 0; place < runs.length; place++) {
    const run = runs[place]!;
    const next = runs[place + 1];
    if (run.cites && next?.text === ". ") {
      out.push({ text: "." }, run, { text: " " });
      place++;
    } else out.push(run);
  }
  return out;
}

export function Runs({ runs }: { runs: Run[] }) {
  return (
    <>
      {ordered(runs).map((run, number) => {
        if (run.cites) return <Cites key={number} numbers={run.cites} />;
        if (run.link) return <a key={number} href={`/atlas/${run.link}`}>{run.text}</a>;
        return run.text;
      })}
    </>
  );
}

export function Cites({ numbers }: { numbers: number[] }) {
  return (
    <span class="cites">
      {numbers.map((number) => <a key={number} class="cite" href={`#ref-${number}`} data-cite={number} aria-label={`Reference ${number}`}>{number}</a>)}
    </span>
  );
}

export function addressOf(one: Reference): string | null {
  if (one.doi) return `https://doi.org/${one.doi}`;
  if (one.pmid) return `https://pubmed.ncbi.nlm.nih.gov/${one.pmid}/`;
  return one.url;
}

export function ReferenceText({ one }: { one: Reference }) {
  const address = addressOf(one);
  const where = one.doi ? `doi:${one.doi}` : one.pmid ? `PubMed ${one.pmid}` : one.url ? (/PMC\d{5,}/.exec(one.url)?.[0] ?? hostOf(one.url)) : "";
  return (
    <>
      {one.authors && <span>{dotted(one.authors)} </span>}
      <cite>{dotted(one.title)}</cite>{" "}
      {[one.journal, one.year].filter(Boolean).join(", ")}{one.journal || one.year ? ". " : ""}
      {address && <a href={address} target="_blank" rel="noreferrer" class="atlas-where">{where}</a>}
    </>
  );
}

const dotted = (text: string): string => (/[.?!]$/.test(text) ? text : `${text}.`);
const hostOf = (url: string): string => {
  try {
    return new URL(url).hostname.replace(/^www\./, "");
  } catch {
    return url;
  }
};

/** Listens for citations anywhere below it and shows the card of the one that is pointed at. */
export function Citing({ references, children }: { references: Reference[]; children: preact.ComponentChildren }) {
  const [shown, setShown] = useState<{ number: number; at: DOMRect; pinned: boolean } | null>(null);
  const box = useRef<HTMLDivElement>(null);
  const timer = useRef(0);
  const open = (event: Event, pinned: boolean): void => {
    const link = event.target instanceof Element ? event.target.closest<HTMLElement>("a[data-cite]") : null;
    if (!link) return;
    clearTimeout(timer.current);
    if (pinned) event.preventDefault();
    const number = Number(link.dataset["cite"]);
    setShown((now) => (pinned && now?.pinned && now.number === number ? null : { number, at: link.getBoundingClientRect(), pinned }));
  };
  const close = (): void => {
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => setShown((now) => (now?.pinned ? now : null)), 180);
  };
  useEffect(() => {
    if (!shown) return;
    const away = (event: Event): void => {
      if (event instanceof KeyboardEvent ? event.key === "Escape" : !box.current?.querySelector(".cite-card")?.contains(event.target as Node)) {
        if (!(event.target instanceof Element && event.target.closest("a[data-cite]"))) setShown(null);
        else if (event instanceof KeyboardEvent) setShown(null);
      }
    };
    const scrolled = (): void => setShown(null);
    document.addEventListener("keydown", away);
    document.addEventListener("pointerdown", away);
    addEventListener("scroll", scrolled, { passive: true });
    return () => {
      document.removeEventListener("keydown", away);
      document.removeEventListener("pointerdown", away);
      removeEventListener("scroll", scrolled);
    };
  }, [shown]);
  const one = shown && references[shown.number - 1];
  return (
    <div ref={box} onClick={(event) => open(event, true)} onPointerOver={(event) => { if (event.pointerType === "mouse") open(event, false); }}
      onPointerOut={close} onFocusIn={(event) => open(event, false)} onFocusOut={close}>
      {children}
      {shown && one && (
        <div class="cite-card" role="tooltip" style={cardPlace(shown.at)} onPointerOver={() => clearTimeout(timer.current)}>
          <span class="cite-card-number">{shown.number}</span>
          <div><ReferenceText one={one} /> <a href={`#ref-${shown.number}`} class="faint">in the list</a></div>
        </div>
      )}
    </div>
  );
}

function cardPlace(at: DOMRect): Record<string, string> {
  const width = Math.min(380, innerWidth - 24);
  const left = Math.max(12, Math.min(at.left - 40, innerWidth - width - 12));
  return at.bottom > innerHeight - 170
    ? { left: `${left}px`, bottom: `${innerHeight - at.top + 6}px`, width: `${width}px` }
    : { left: `${left}px`, top: `${at.bottom + 6}px`, width: `${width}px` };
}
