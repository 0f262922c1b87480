/** Labels over the images, and the tools that change them: brush, outline by a click, fill, tissue and lesion, levels. */

import { Button } from "../../parts/button";
import { Select } from "../../parts/field";
import { useSession } from "../context";
import { acceptProposal, proposeBetween, refuseProposal } from "../correcting/proposals";
import { runsOf, selected, sizeOf } from "../correcting/runs";
import type { LabelName } from "../session";
import { TISSUES, tissueCss } from "../viewer/labels";

const MAPS: readonly { name: LabelName; words: string }[] = [
  { name: "lesion", words: "Lesion tissues" }, { name: "instances", words: "Lesion numbers" }, { name: "anatomy", words: "Anatomy" },
];

/** Arrow keys stay with the slider they are pressed on. */
const own = (event: KeyboardEvent): void => event.stopPropagation();

export function Marking() {
  return (
    <div class="marking">
      <Looks />
      <Proposal />
      <Painting />
      <Region />
      <Levels />
    </div>
  );
}

function Looks() {
  const { stage, labels } = useSession();
  return (
    <section><h3>Shown</h3>
      {MAPS.map(({ name, words }) => {
        const look = stage.looks.value[name];
        const there = labels.value[name] !== undefined;
        return (
          <div key={name} class="look">
            <label class="check"><input type="checkbox" checked={look.shown} disabled={!there} onChange={(event) => stage.look(name, { shown: event.currentTarget.checked })} />{words}</label>
            <label class="check small"><input type="checkbox" checked={look.outline} disabled={!look.shown} onChange={(event) => stage.look(name, { outline: event.currentTarget.checked })} />outline</label>
            <input type="range" min="0.1" max="1" step="0.05" value={look.opacity} disabled={!look.shown} aria-label={`Opacity of ${words.toLowerCase()}`}
              onKeyDown={own} onInput={(event) => stage.look(name, { opacity: Number(event.currentTarget.value) })} />
          </div>
        );
      })}
      <label class="check"><input type="checkbox" checked={stage.rulerShown.value} onChange={(event) => (stage.rulerShown.value = event.currentTarget.checked)} />Level ruler</label>
      <label class="check"><input type="checkbox" checked={stage.crosshairShown.value} onChange={(event) => (stage.crosshairShown.value = event.currentTarget.checked)} />Crosshair</label>
      {stage.landmarks.value.length === 0 && <p class="small quiet">No vertebra is labelled; name one with the vertebra tool.</p>}
    </section>
  );
}

function Proposal() {
  const session = useSession();
  const proposal = session.stage.proposal.value;
  if (!proposal) return session.busy.value ? <p role="status" class="note">{session.busy.value}…</p> : null;
  return (
    <section class="note" aria-label="Proposed outline" role="status">
      <p>Proposed outline, white: {sizeOf(proposal.runs)} voxels. Shift-click adds what belongs to it, Alt-click takes out what does not.</p>
      <div class="row"><Button size="s" kind="strong" disabled={proposal.runs.length === 0} onClick={() => acceptProposal(session)}>Take it</Button><Button size="s" onClick={() => refuseProposal(session)}>Refuse</Button></div>
    </section>
  );
}

function Painting() {
  const session = useSession();
  const { stage } = session;
  const brush = stage.brush.value;
  const instance = session.newInstance.value ?? session.paintedInstance();
  return (
    <section><h3>Paint lesion {instance}</h3>
      <Select label="Tissue" value={brush.code} onChange={(event) => (stage.brush.value = { ...brush, code: Number(event.currentTarget.value) })}>
        {TISSUES.map(({ code, name }) => <option key={code} value={code}>{code} {name}</option>)}
      </Select>
      <div class="look">
        <span class="swatch" style={{ background: tissueCss(brush.code) }} aria-hidden="true" />
        <label class="small" for="brush-radius">Radius {brush.radiusMm.toFixed(1)} mm</label>
        <input id="brush-radius" type="range" min="0.5" max="12" step="0.5" value={brush.radiusMm} onKeyDown={own}
          onInput={(event) => (stage.brush.value = { ...brush, radiusMm: Number(event.currentTarget.value) })} />
      </div>
      <label class="check"><input type="checkbox" checked={brush.deep} onChange={(event) => (stage.brush.value = { ...brush, deep: event.currentTarget.checked })} />Ball, across slices</label>
      <div class="row">
        <Button size="s" icon="undo" disabled={!session.canUndo.value} onClick={() => session.undo()}>Undo</Button>
        <Button size="s" icon="redo" disabled={!session.canRedo.value} onClick={() => session.redo()}>Redo</Button>
      </div>
    </section>
  );
}

/** Changes of the whole lesion at once. */
function Region() {
  const session = useSession();
  const lesion = session.lesions.value.find((one) => one.tracking_uid === session.lesion.value);
  const { code } = session.stage.brush.value;
  const map = session.labels.value.lesion ? session.map() : null;
  if (!lesion || !map) return null;
  const inside = (_: number, number: number): boolean => number === lesion.instance;
  const toTissue = (from: number): void =>
    session.edit([{ code, instance: lesion.instance, runs: runsOf(selected(map, (tissue, number) => tissue === from && inside(tissue, number))) }], "the mask, a tissue changed");
  const toLesion = (to: number): void => {
    const edits = lesion.tissues.map((tissue) => ({ code: tissue, instance: to, runs: runsOf(selected(map, (own_, number) => own_ === tissue && inside(own_, number))) }));
    session.edit(edits, `lesion ${lesion.instance} joined to lesion ${to}`);
  };
  const others = session.lesions.value.filter((one) => one !== lesion);
  return (
    <section><h3>All of lesion {lesion.instance}</h3>
      <Button size="s" onClick={() => void proposeBetween(session, session.stage.lie(session.stage.active.value))}>Fill between painted slices</Button>
      <Select label="Change this tissue into the chosen one" value="" onChange={(event) => { if (event.currentTarget.value) toTissue(Number(event.currentTarget.value)); event.currentTarget.value = ""; }}>
        <option value="">Choose…</option>
        {TISSUES.filter((tissue) => lesion.tissues.includes(tissue.code) && tissue.code !== code).map((tissue) => <option key={tissue.code} value={tissue.code}>{tissue.name}</option>)}
      </Select>
      {others.length > 0 && (
        <Select label="Join it to" value="" onChange={(event) => { if (event.currentTarget.value) toLesion(Number(event.currentTarget.value)); }}>
          <option value="">Choose…</option>
          {others.map((one) => <option key={one.tracking_uid} value={one.instance}>Lesion {one.instance}</option>)}
        </Select>
      )}
    </section>
  );
}

function Levels() {
  const session = useSession();
  return (
    <section><h3>Levels</h3>
      <p class="small quiet">{session.stage.landmarks.value.length ? `${session.stage.landmarks.value[0]!.name} to ${session.stage.landmarks.value.at(-1)!.name} are labelled.` : "None is labelled."} Naming one vertebra names all.</p>
      <div class="row"><Button size="s" pressed={session.stage.tool.value === "level"} onClick={() => (session.stage.tool.value = "level")}>Point at a vertebra</Button>
        <Button size="s" onClick={() => (session.stage.naming.value = session.stage.crosshair.value)}>Name the one at the crosshair</Button></div>
    </section>
  );
}
