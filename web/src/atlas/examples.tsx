/** Simulated images that scroll: made when first asked for, loaded when they come into view. */
import { useEffect, useRef, useState } from "preact/hooks";
import { Button } from "../parts/button";
import { Select } from "../parts/field";
import { example, index, picture } from "./store";
import type { Article, Example, ExampleSeries } from "./types";

const again = 2500;

export function Examples({ article }: { article: Article }) {
  const [entity, setEntity] = useState(article.example[0]!);
  const [seed, setSeed] = useState(0);
  const [seen, setSeen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const watch = new IntersectionObserver((changes) => { if (changes.some((one) => one.isIntersecting)) setSeen(true); }, { rootMargin: "300px" });
    watch.observe(box.current!);
    return () => watch.disconnect();
  }, []);
  const name = (code: string): string => index.value?.articles.find((one) => one.code === code)?.title ?? code.replaceAll("_", " ");
  return (
    <div ref={box} class="examples">
      <div class="examples-choice">
        {article.example.length > 1 && (
          <Select label="Entity" hideLabel value={entity} onChange={(event) => { setEntity(event.currentTarget.value); setSeed(0); }}>
            {article.example.map((code) => <option key={code} value={code}>{name(code)}</option>)}
          </Select>
        )}
        <Button size="s" icon="retry" onClick={() => setSeed(seed + 1)}>Another patient</Button>
        {seed > 0 && <Button size="s" kind="quiet" onClick={() => setSeed(0)}>The typical one</Button>}
      </div>
      {seen ? <Patient key={`${entity}/${seed}`} entity={entity} seed={seed} /> : <Place text="" />}
    </div>
  );
}

/** One simulated patient: two series beside each other. */
export function Patient({ entity, seed }: { entity: string; seed: number }) {
  const [told, setTold] = useState<Example | null>(null);
  const [failure, setFailure] = useState("");
  const [tries, setTries] = useState(0);
  useEffect(() => {
    let stale = false;
    let timer = 0;
    const ask = (): void => {
      example(entity, seed).then((one) => {
        if (stale) return;
        setTold(one);
        if (one.state === "making" || one.state === "waiting") timer = window.setTimeout(ask, again);
      }, (error: Error) => !stale && setFailure(error.message));
    };
    setFailure("");
    ask();
    return () => { stale = true; clearTimeout(timer); };
  }, [entity, seed, tries]);
  if (failure || told?.state === "failed") {
    return <p class="quiet" role="alert">{failure || "This patient could not be simulated."} <Button size="s" onClick={() => setTries(tries + 1)}>Try again</Button></p>;
  }
  if (told?.state !== "ready") {
    const text = { making: "The patient is being simulated; the first time this takes half a minute.", waiting: "Another patient is being simulated first." };
    return <Place text={told ? text[told.state] : "Opening"} />;
  }
  const [first, second] = [told.series[0], told.series.find((one) => one.name.startsWith("T1 with")) ?? told.series[1]];
  return (
    <figure class="examples-patient">
      <div class="panes">
        {first && <Pane told={told} first={first} />}
        {second && second !== first && <Pane told={told} first={second} />}
      </div>
      <figcaption class="small quiet">
        Simulated, no patient{told.seed === 0 ? "; each sign in its most frequent state as far as they go together" : `; patient ${told.seed}, signs drawn as often as the counts say`}. Painted: {" "}
        {told.signs.map((one) => (one.state === "present" ? lower(one.finding_name) : `${lower(one.finding_name)} ${one.state_name}`)).join(", ")}.
      </figcaption>
    </figure>
  );
}

/** The place of the images, so that nothing below moves when they come. */
function Place({ text }: { text: string }) {
  return (
    <div class="examples-patient examples-place">
      <div class="panes" aria-hidden="true"><div class="pane-image" /><div class="pane-image" /></div>
      <p class="quiet small" role="status">{text && <><span class="spinner" aria-hidden="true" /> {text}</>}</p>
    </div>
  );
}

const lower = (text: string): string => (/^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text);

function Pane({ told, first }: { told: Extract<Example, { state: "ready" }>; first: ExampleSeries }) {
  const [series, setSeries] = useState(first);
  const [slice, setSlice] = useState(first.start);
  const [sheet, setSheet] = useState<ImageBitmap | null>(null);
  const [failure, setFailure] = useState(false);
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    let stale = false;
    setSheet(null);
    setFailure(false);
    picture(told.entity, told.seed, series.key).then((blob) => createImageBitmap(blob)).then((got) => !stale && setSheet(got), () => !stale && setFailure(true));
    return () => void (stale = true);
  }, [series.key]);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context || !sheet) return;
    const { width, height, columns } = series;
    context.drawImage(sheet, (slice % columns) * width, Math.floor(slice / columns) * height, width, height, 0, 0, width, height);
  }, [sheet, slice, series]);
  const move = (by: number): void => setSlice((now) => Math.max(0, Math.min(series.slices - 1, now + by)));
  useEffect(() => {
    const element = canvas.current!;
    const wheel = (event: WheelEvent): void => {
      if (document.activeElement !== element) return;
      event.preventDefault();
      move(Math.sign(event.deltaY));
    };
    element.addEventListener("wheel", wheel, { passive: false });
    return () => element.removeEventListener("wheel", wheel);
  }, [series]);
  const keys: Record<string, number> = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1, PageUp: -5, PageDown: 5, Home: -1000, End: 1000 };
  const onKeyDown = (event: KeyboardEvent): void => {
    const by = keys[event.key];
    if (by !== undefined) { event.preventDefault(); move(by); }
  };
  const choose = (key: string): void => {
    const one = told.series.find((other) => other.key === key)!;
    setSeries(one);
    setSlice(one.start);
  };
  const [left, right, top, bottom] = series.letters;
  return (
    <div class="pane">
      <Select label="Series" hideLabel value={series.key} onChange={(event) => choose(event.currentTarget.value)}>
        {told.series.map((one) => <option key={one.key} value={one.key}>{one.name}</option>)}
      </Select>
      <div class="pane-image">
        <canvas ref={canvas} width={series.width} height={series.height} tabIndex={0} role="img"
          aria-label={`${series.name}, slice ${slice + 1} of ${series.slices}, simulated`} onKeyDown={onKeyDown} />
        <span class="pane-left" aria-hidden="true">{left}</span><span class="pane-right" aria-hidden="true">{right}</span>
        <span class="pane-top" aria-hidden="true">{top}</span><span class="pane-bottom" aria-hidden="true">{bottom}</span>
        {!sheet && <span class="pane-wait">{failure ? "not kept for reading without the server" : <span class="spinner" aria-hidden="true" />}</span>}
      </div>
      <label class="pane-slider">
        <span class="hidden-text">Slice</span>
        <input type="range" min={0} max={series.slices - 1} value={slice} onInput={(event) => setSlice(Number(event.currentTarget.value))} />
        <span class="number small faint">{slice + 1} / {series.slices}</span>
      </label>
    </div>
  );
}
