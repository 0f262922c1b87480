/** The lesions from head to foot: a choice, a place, and what each is in a line. */

import { Button } from "../../parts/button";
import { useSession } from "../context";
import { runsOf as runs, selected } from "../correcting/runs";
import type { Lesion } from "../types";
import { percent, plain, topState } from "../words";
import { instanceCss } from "../viewer/labels";

export function Lesions() {
  const session = useSession();
  const lesions = session.lesions.value;
  return (
    <section class="lesions" aria-label="Lesions">
      <header class="panel-head">
        <h2>Lesions</h2>
        <Button size="s" kind="quiet" icon="add" onClick={() => addLesion(session)}>Add</Button>
      </header>
      {lesions.length === 0 && <p class="quiet small">thecal called no lesion. That is not a finding of a normal spine.</p>}
      <ul>{lesions.map((lesion) => <Row key={lesion.tracking_uid} lesion={lesion} />)}</ul>
      {session.newInstance.value !== null && (
        <p class="small note">Lesion {session.newInstance.value} is new: paint it, or click on it with the outline tool. <button type="button" class="link" onClick={() => (session.newInstance.value = null)}>Leave it</button></p>
      )}
    </section>
  );
}

/** Begins a lesion under a number that is free; it exists once something of it is painted. */
export function addLesion(session: ReturnType<typeof useSession>): void {
  session.newInstance.value = session.freeInstance();
  session.stage.tool.value = "brush";
}

function Row({ lesion }: { lesion: Lesion }) {
  const session = useSession();
  const chosen = session.lesion.value === lesion.tracking_uid;
  const [compartment, share] = topState(lesion.compartment);
  const choose = (): void => {
    session.lesion.value = lesion.tracking_uid;
    session.newInstance.value = null;
    session.stage.goTo(lesion.where);
  };
  const remove = (): void => {
    const map = session.map();
    if (!map) return;
    const voxels = selected(map, (_, instance) => instance === lesion.instance);
    session.edit([{ code: 0, instance: 0, runs: runs(voxels) }], `lesion ${lesion.instance} deleted`);
  };
  return (
    <li class={`lesion${chosen ? " lesion-chosen" : ""}`}>
      <button type="button" class="lesion-row" aria-pressed={chosen} onClick={choose} data-lesion={lesion.instance}>
        <span class="swatch" style={{ background: instanceCss(lesion.instance) }} aria-hidden="true" />
        <span class="lesion-words">
          <span>Lesion {lesion.instance}: {plain(session.words.value[`compartment.${compartment}`] ?? compartment)} <span class="quiet number">{percent(share)}</span></span>
          <small class="quiet number">{lesion.levels.length ? lesion.levels.join("–") : "level not told"} · {volume(lesion.volume_mm3)} · is a lesion {percent(lesion.confidence)}</small>
        </span>
      </button>
      <Button size="s" kind="quiet" icon="delete" label={`Delete lesion ${lesion.instance}`} onClick={remove} />
    </li>
  );
}

const volume = (mm3: number): string => (mm3 >= 1000 ? `${(mm3 / 1000).toFixed(2)} ml` : `${mm3.toFixed(0)} mm³`);
