/** Bringing studies in: drop, choose, or simulate one; and how far they came. */
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "../api/client";
import { listEntities, loadStudy, makeDemo } from "../api/studies";
import type { EntityName } from "../api/types";
import { Button } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { Field } from "../parts/field";
import { Icon } from "../parts/icon";
import { Menu } from "../parts/menu";
import { toast } from "../parts/toast";
import { fromDrop, fromList, plan } from "./gather";
import { put } from "./list";
import { add, type Batch, batches, cancel, goOn, hold, sentOf, sizeOf } from "./uploads";
import { bytes } from "../shell/words";

function begin(found: ReturnType<typeof fromList>): void {
  const plans = plan(found);
  if (plans.length) add(plans);
  else toast("There is no file in it that could be read.", "bad");
}

/** The two ways a browser lets files and folders be chosen. */
export function useChooser() {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const taken = (event: Event): void => {
    const input = event.currentTarget as HTMLInputElement;
    begin(fromList(input.files ?? []));
    input.value = "";
  };
  const inputs = (
    <>
      <input ref={files} class="hidden-text" type="file" multiple tabIndex={-1} aria-label="Files of a study" onChange={taken} />
      <input ref={folder} class="hidden-text" type="file" multiple tabIndex={-1} aria-label="Folder of a study" onChange={taken} {...{ webkitdirectory: true }} />
    </>
  );
  return { inputs, chooseFiles: () => files.current?.click(), chooseFolder: () => folder.current?.click() };
}

/** Anywhere on the page is the place to drop. */
export function DropAnywhere() {
  const [over, setOver] = useState(false);
  useEffect(() => {
    let depth = 0;
    const carries = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;
    const enter = (event: DragEvent): void => { if (carries(event)) { depth += 1; setOver(true); } };
    const leave = (event: DragEvent): void => { if (carries(event) && --depth <= 0) { depth = 0; setOver(false); } };
    const stay = (event: DragEvent): void => {
      if (!carries(event)) return;
      event.preventDefault();
      event.dataTransfer!.dropEffect = "copy";
    };
    const dropped = (event: DragEvent): void => {
      if (!carries(event)) return;
      event.preventDefault();
      depth = 0;
      setOver(false);
      fromDrop(event.dataTransfer!).then(begin, () => toast("What was dropped could not be read. Choose it by the button instead.", "bad"));
    };
    const ends: [keyof DocumentEventMap, (event: DragEvent) => void][] = [["dragenter", enter], ["dragleave", leave], ["dragover", stay], ["drop", dropped]];
    for (const [name, act] of ends) document.addEventListener(name, act as EventListener);
    return () => ends.forEach(([name, act]) => document.removeEventListener(name, act as EventListener));
  }, []);
  if (!over) return null;
  return (
    <div class="drop-over" aria-hidden="true">
      <div><Icon name="upload" size={32} /><p>Drop to add</p><p class="quiet">Each folder and each zip becomes one study; loose files together are one.</p></div>
    </div>
  );
}

export function AddMenu({ chooseFiles, chooseFolder }: { chooseFiles: () => void; chooseFolder: () => void }) {
  return (
    <Menu label="Add a study" kind="strong" entries={[
      { name: "Zip or files …", detail: "A zip of DICOM; DICOM or NIfTI files", icon: "file", run: chooseFiles },
      { name: "Folder …", detail: "With everything that lies in it", icon: "folder", run: chooseFolder },
    ]}>
      Add a study
    </Menu>
  );
}

export async function addDemo(entity: string, name: string, blind = false): Promise<void> {
  try {
    put(await loadStudy(await makeDemo(entity, { blind })));
    toast(blind ? "A simulated study is being made, to be read blind first." : `A simulated study is being made: ${name.charAt(0).toLowerCase()}${name.slice(1)}.`, "good");
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    toast(`No simulated study was made. ${error.message}`, "bad");
  }
}

const fold = (text: string): string => text.toLowerCase().replaceAll("_", " ");

let asked: Promise<EntityName[]> | null = null;

/** The entities do not change while the server runs: asked for once, when the dialog is about to be opened. */
export function entities(): Promise<EntityName[]> {
  asked ??= listEntities().catch((error: unknown) => {
    asked = null;
    throw error;
  });
  return asked;
}

export function DemoDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [known, setKnown] = useState<EntityName[] | null>(null);
  const [search, setSearch] = useState("");
  const [why, setWhy] = useState("");
  const [blind, setBlind] = useState(false);
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return setSearch("");
    setWhy("");
    if (!known) entities().then(setKnown, (error: unknown) => setWhy(error instanceof Error ? error.message : String(error)));
  }, [open]);
  const shown = (known ?? []).filter((one) => fold(search).split(/\s+/).every((word) => fold(`${one.name} ${one.code} ${one.group ?? ""}`).includes(word)));
  const groups = new Map<string, EntityName[]>();
  for (const one of shown) {
    const group = one.group ?? (one.code === "healthy" ? "no lesion" : "other");
    (groups.get(group) ?? groups.set(group, []).get(group)!).push(one);
  }
  const pick = (one: EntityName): void => { onClose(); void addDemo(one.code, one.name, blind); };
  const move = (event: KeyboardEvent): void => {
    const all = [...(list.current?.querySelectorAll("button") ?? [])];
    const now = all.indexOf(document.activeElement as HTMLButtonElement);
    const to = { ArrowDown: now + 1, ArrowUp: now - 1, Home: now < 0 ? undefined : 0, End: now < 0 ? undefined : all.length - 1 }[event.key];
    if (to !== undefined && all[to]) { event.preventDefault(); all[to].focus(); }
    else if (event.key === "Enter" && now < 0 && shown[0]) { event.preventDefault(); pick([...groups.values()][0]![0]!); }
  };
  return (
    <Dialog open={open} onClose={onClose} title="Simulated study">
      <p class="quiet">thecal makes an examination with this lesion and reads it as it would any other. No patient is behind it.</p>
      <div class="demo" onKeyDown={move}>
        <Field label="Entity" type="search" placeholder="Ependymoma, schwannoma …" value={search} autofocus autocomplete="off"
          onInput={(event) => setSearch((event.currentTarget as HTMLInputElement).value)} />
        <label class="check">
          <input type="checkbox" checked={blind} onChange={(event) => setBlind(event.currentTarget.checked)} />
          Read it blind first: thecal's reading is shown once you have given yours
        </label>
        {why && <p class="field-error" role="alert">{why}</p>}
        {!known && !why && <p class="quiet" role="status">Fetching the list</p>}
        <div ref={list} class="demo-list">
          {[...groups].map(([group, members]) => (
            <section key={group} aria-label={group}>
              <h3>{sentence(group)}</h3>
              {members.map((one) => <button key={one.code} type="button" class="menu-entry" onClick={() => pick(one)}>{one.name}</button>)}
            </section>
          ))}
          {known && !shown.length && <p class="quiet">No entity bears that name.</p>}
        </div>
      </div>
    </Dialog>
  );
}

const sentence = (code: string): string => {
  const text = code.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
};

export function Uploads({ chooseFiles }: { chooseFiles: () => void }) {
  if (!batches.value.length) return null;
  return (
    <section class="uploads" aria-label="Uploads">
      {batches.value.map((batch) => <Upload key={batch.id} batch={batch} chooseFiles={chooseFiles} />)}
    </section>
  );
}

function Upload({ batch, chooseFiles }: { batch: Batch; chooseFiles: () => void }) {
  const [size, sent] = [sizeOf(batch), sentOf(batch)];
  const moving = batch.state === "sending" || batch.state === "waiting";
  return (
    <div class={`upload upload-${batch.state}`}>
      <div class="upload-head">
        <Icon name={batch.state === "refused" ? "warning" : "upload"} />
        <b class="upload-title">{batch.title}</b>
        <span class="upload-buttons">
          {moving && <Button size="s" kind="quiet" onClick={() => hold(batch)}>Pause</Button>}
          {batch.state === "held" && <Button size="s" onClick={() => goOn(batch)}>Go on</Button>}
          {batch.state === "lacking" && <Button size="s" kind="strong" onClick={chooseFiles}>Choose again …</Button>}
          {batch.state !== "finishing" && <Button size="s" kind="quiet" onClick={() => cancel(batch)}>{batch.state === "refused" ? "Close" : "Cancel"}</Button>}
        </span>
      </div>
      {batch.state !== "refused" && <progress max={size} value={sent} aria-label={`Upload of ${batch.title}`} />}
      <p class="upload-line number" role="status">{line(batch, sent, size)}</p>
    </div>
  );
}

function line(batch: Batch, sent: number, size: number): string {
  const far = `${bytes(sent)} of ${bytes(size)}`;
  if (batch.state === "refused") return `Not taken: ${batch.why}`;
  if (batch.state === "waiting") return `${far} · ${batch.why || "the server does not answer"}; it goes on from here by itself`;
  if (batch.state === "held") return `${far} · paused`;
  if (batch.state === "lacking") return `${far} · choose the same files again, and it goes on from here`;
  if (batch.state === "finishing") return `${far} · handing it over`;
  const files = batch.pieces.length > 1 ? `${batch.pieces.filter((piece) => piece.offset >= piece.size).length} of ${batch.pieces.length} files · ` : "";
  const speed = (sent - batch.startedFrom) / Math.max(0.5, (Date.now() - batch.startedAt) / 1000);
  const left = speed > 0 ? (size - sent) / speed : 0;
  return files + far + (left > 2 ? ` · ${bytes(speed)}/s · ${left < 90 ? `${Math.ceil(left)} s` : `${Math.ceil(left / 60)} min`} left` : "");
}

const examples = [["ependymoma", "Ependymoma"], ["schwannoma", "Schwannoma"], ["leptomeningeal_metastases_solid", "Leptomeningeal metastases"], ["healthy", "Healthy spine"]] as const;

/** What an empty worklist teaches: how a study comes in, what it needs, and what happens then. */
export function Empty({ chooseFiles, chooseFolder, onDemo }: { chooseFiles: () => void; chooseFolder: () => void; onDemo: () => void }) {
  return (
    <div class="empty">
      <div class="empty-drop">
        <Icon name="upload" size={28} />
        <h2>Drop a study here</h2>
        <p class="quiet">A folder or files, DICOM or NIfTI; or a zip of DICOM. It stays on this computer.</p>
        <div class="empty-buttons">
          <Button kind="strong" icon="file" onClick={chooseFiles}>Zip or files …</Button>
          <Button icon="folder" onClick={chooseFolder}>Folder …</Button>
        </div>
      </div>
      <div class="empty-side">
        <section>
          <h2>No study at hand?</h2>
          <p class="quiet">Have one simulated, and read as any other.</p>
          <div class="empty-demos">
            {examples.map(([code, name]) => <Button key={code} size="s" onClick={() => void addDemo(code, name)}>{name}</Button>)}
            <Button size="s" kind="quiet" onClick={onDemo}>All entities …</Button>
          </div>
        </section>
        <section>
          <h2>What a study should hold</h2>
          <ul class="empty-needs">
            <li><b>Sagittal T2w</b> and <b>T1w</b> of the whole spine</li>
            <li><b>T1w after contrast</b>, sagittal</li>
            <li><b>Axial T2w</b> and T1w after contrast through the lesion</li>
          </ul>
          <p class="quiet small">What is missing is named, and what rests on it is reported as not assessed.</p>
        </section>
        <section>
          <h2>What happens then</h2>
          <ol class="empty-steps">
            <li>It is read within a minute or two; you may close the page.</li>
            <li>Look at the images, and correct what thecal saw.</li>
            <li>Edit the report, and approve it.</li>
          </ol>
        </section>
      </div>
    </div>
  );
}
