/** The report: edited section by section, kept as it is typed, approved by name, then locked and added to. */
import "./report.css";
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "../api/client";
import { loadStudy } from "../api/studies";
import type { Draft, SavedDraft, Study } from "../api/types";
import { Button } from "../parts/button";
import { Icon } from "../parts/icon";
import { Menu } from "../parts/menu";
import { Saved } from "../parts/saved";
import { Tabs } from "../parts/tabs";
import { toast } from "../parts/toast";
import { hear } from "../shell/events";
import { useKeys } from "../shell/keys";
import { go, type PageProps, useTitle } from "../shell/router";
import { createSaver, type Saver } from "../shell/saving";
import { date, person, titleOf } from "../shell/words";
import { ApproveDialog } from "./approving";
import { Addenda } from "./addenda";
import { address, download, formats, loadDraft, saveDraft } from "./calls";
import { Conflict } from "./conflict";
import { KeyImages } from "./images";
import { Section } from "./section";
import { differing, merge, said, sameText, sectionName, type Text, textOf, withWords } from "./sections";
import { Versions } from "./versions";

export default function ReportPage({ params }: PageProps) {
  const id = params["id"]!;
  const [study, setStudy] = useState<Study | null>(null);
  const [draft, setDraft] = useState<Draft | null>(null);
  const [why, setWhy] = useState<ApiError | null>(null);
  useTitle(study ? `Report · ${study.title}` : "Report");
  const load = async (): Promise<void> => {
    try {
      const [line, text] = await Promise.all([loadStudy(id), loadDraft(id)]);
      setStudy(line);
      setDraft(text);
      setWhy(null);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setWhy(error);
    }
  };
  useEffect(() => void load(), [id]);
  useEffect(() => hear("study", (told) => { if (told.id === id) setStudy(told); }), [id]);
  useEffect(() => hear("open", () => { if (!draft) void load(); }), [id, draft]);
  // The reading was corrected, or approved in another window: thecal's own words and the lock follow it.
  const stale = study !== null && draft !== null && (study.version !== draft.reading_version || (study.state === "approved") !== draft.locked);
  useEffect(() => { if (stale) loadDraft(id).then(setDraft, () => undefined); }, [stale, study?.version]);
  if (why && !draft) return <NotThere why={why} id={id} onRetry={() => void load()} />;
  if (!study || !draft) return <div class="page-wait" role="status"><span class="hidden-text">Fetching the report</span></div>;
  return <Editor study={study} draft={draft} onChanged={() => void load()} />;
}

function NotThere({ why, id, onRetry }: { why: ApiError; id: string; onRetry: () => void }) {
  return (
    <div class="page-lost">
      <h1>{why.failure === "locked" ? "Not to be seen yet" : "The report is not there"}</h1>
      <p class="quiet">{why.message}</p>
      <div class="report-buttons">
        <Button kind="strong" onClick={onRetry}>Try again</Button>
        {why.failure === "locked" && <a class="button" href={`/studies/${id}`}>To the study</a>}
        <a class="button" href="/">To the worklist</a>
      </div>
    </div>
  );
}

/** What is typed, and the saver that keeps it. */
function useText(id: string, draft: Draft): { text: Text; change: (text: Text) => void; saver: Saver<Text> } {
  const [text, setText] = useState<Text>(() => textOf(draft, draft.suggested));
  const suggested = useRef(draft.suggested);
  suggested.current = draft.suggested;
  const saver = useRef<Saver<Text> | null>(null);
  saver.current ??= createSaver<Text>({
    key: `draft/${id}`,
    send: (value, base) => saveDraft(id, value, base),
    theirs: async (error) => {
      const { theirs } = (error.body ?? {}) as { theirs?: Partial<SavedDraft> };
      const full = theirs?.sections && theirs.version !== undefined ? (theirs as SavedDraft) : await loadDraft(id);
      return { value: textOf(full, suggested.current), version: full.version, by: full.by ?? undefined, at: full.at ?? undefined };
    },
    merge,
    same: sameText,
    onMerged: (value) => { setText(value); toast("What was changed in another window is taken over.", "good"); },
  });
  useEffect(() => {
    const own = saver.current!;
    void own.begin(textOf(draft, draft.suggested), draft.version).then(setText);
    return () => own.stop();
  }, []);
  const change = (value: Text): void => {
    setText(value);
    saver.current!.change(value);
  };
  return { text, change, saver: saver.current };
}

function Editor({ study, draft, onChanged }: { study: Study; draft: Draft; onChanged: () => void }) {
  const { text, change, saver } = useText(study.id, draft);
  const [tab, setTab] = useState("edit");
  const [approving, setApproving] = useState(false);
  const [versions, setVersions] = useState(false);
  const [fetching, setFetching] = useState(false);
  const state = saver.state.value;
  const settled = draft.locked || state.is === "saved";
  useKeys([
    { keys: "Ctrl+s", does: "Save now (it is saved by itself, too)", group: "Report", inText: true, run: () => void saver.flush() },
    { keys: "i", does: "To the images", group: "Report", run: () => go(`/studies/${study.id}`) },
    { keys: "p", does: "Preview, and back", group: "Report", run: () => setTab((one) => (one === "edit" ? "preview" : "edit")) },
    { keys: "v", does: "Versions", group: "Report", run: () => setVersions(true) },
  ], [study.id]);
  const fetchFile = async (file: string): Promise<void> => {
    setFetching(true);
    try {
      await saver.flush();
      await download(study.id, file);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      toast(`It could not be fetched. ${error.message}`, "bad");
    } finally {
      setFetching(false);
    }
  };
  const show = async (key: string): Promise<void> => {
    await saver.flush();
    setTab(key);
  };
  return (
    <div class="report">
      <header class="report-head">
        <a class="report-back" href={`/studies/${study.id}`}><Icon name="back" />Images</a>
        <div class="report-title">
          <h1>{titleOf(study)}</h1>
          <p class="quiet small">
            {[person(study), study.acquired_on && `examined ${date(study.acquired_on)}`].filter(Boolean).join(" · ")}
            {study.simulated && <span class="tag">Simulated</span>}
          </p>
        </div>
        <div class="report-saved">{!draft.locked && <Saved state={state} />}</div>
        <div class="report-acts">
          <Button icon="undo" onClick={() => setVersions(true)}>Versions</Button>
          <Menu label="Download" kind="plain" icon="download" busy={fetching}
            entries={formats.map((one) => {
              const lacks = study.simulated && one.file === "export/dicom.zip";
              const detail = lacks ? "A simulated study did not come as DICOM" : "detail" in one ? one.detail : undefined;
              return { name: one.name, detail, group: one.group, disabled: lacks, run: () => void fetchFile(one.file) };
            })}>
            Download
          </Menu>
          {!draft.locked && <Button kind="strong" icon="lock" disabled={state.is === "not saved"} onClick={() => setApproving(true)}>Approve …</Button>}
        </div>
      </header>
      {draft.locked && draft.approved && <Locked approved={draft.approved} />}
      {draft.locked && state.is === "not saved" && <Unsent text={text} draft={draft} onDiscard={() => void saver.discard().then(onChanged)} />}
      {!draft.locked && state.is === "not saved" && state.why === "conflict" && <Conflict state={state} suggested={draft.suggested} onSettle={(value) => { change(value); void saver.settle(value); }} />}
      <div class="report-body">
        <div class="report-main">
          <Tabs label="Report" chosen={tab} onChoose={(key) => void show(key)}
            tabs={[{ key: "edit", name: draft.locked ? "Text" : "Edit" }, { key: "preview", name: "As it will read" }]}>
            {tab === "edit"
              ? <Sections text={text} draft={draft} onChange={change} />
              : <iframe class="report-preview" title="The report as it will read" sandbox="" src={`${address(study.id, "report.html")}?draft=${draft.version}-${settled ? "saved" : "open"}-${study.version}`} />}
          </Tabs>
        </div>
        <aside class="report-side" aria-label="Sections, key images and additions">
          {tab === "edit" && <Outline text={text} draft={draft} />}
          <KeyImages images={text.key_images} locked={draft.locked} study={study.id} onChange={(key_images) => change({ ...text, key_images })} />
          {draft.locked && <Addenda study={study.id} addenda={draft.addenda} onAdded={onChanged} />}
        </aside>
      </div>
      <ApproveDialog open={approving} study={study} saver={saver} draft={draft} onClose={() => setApproving(false)} onApproved={onChanged} />
      <Versions open={versions} study={study.id} text={text} draft={draft} onClose={() => setVersions(false)} onUse={(value) => { change(value); setVersions(false); }} />
    </div>
  );
}

const namesOf = (text: Text, draft: Draft): string[] => [...new Set([...Object.keys(draft.suggested), ...Object.keys(text.sections)])];

function Outline({ text, draft }: { text: Text; draft: Draft }) {
  const jump = (event: Event, name: string): void => {
    event.preventDefault();
    const section = document.getElementById(`section-${name}`)?.parentElement?.parentElement;
    section?.scrollIntoView({ block: "start" });
    section?.querySelector<HTMLElement>("textarea, .section-text")?.focus({ preventScroll: true });
  };
  return (
    <nav class="side-part" aria-labelledby="outline">
      <h2 id="outline">Sections</h2>
      <ul class="outline">
        {namesOf(text, draft).map((name) => (
          <li key={name}>
            <a href={`#section-${name}`} onClick={(event) => jump(event, name)}>{sectionName(name)}</a>
            {text.sections[name] !== undefined && <span class="outline-edited">edited</span>}
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Sections({ text, draft, onChange }: { text: Text; draft: Draft; onChange: (text: Text) => void }) {
  return (
    <div class="paper">
      {namesOf(text, draft).map((name) => (
        <Section key={name} code={name} text={said(draft.locked ? textOf(draft, draft.suggested) : text, draft.suggested, name)} suggested={draft.suggested[name]} locked={draft.locked}
          onChange={(words) => onChange(withWords(text, draft.suggested, name, words))} />
      ))}
    </div>
  );
}

/** What was typed here and came after the approval: it is not in the report, and not lost. */
function Unsent({ text, draft, onDiscard }: { text: Text; draft: Draft; onDiscard: () => void }) {
  const names = differing(textOf(draft, draft.suggested), text);
  return (
    <section class="unsent" aria-label="Not in the report">
      <p><Icon name="warning" /> The report was approved before this was saved. It is not in the report, and kept on this computer; it can be copied into an addendum.</p>
      {names.map((name) => <div key={name}><h3>{sectionName(name)}</h3><p class="section-text">{said(text, draft.suggested, name)}</p></div>)}
      <Button size="s" onClick={onDiscard}>Forget it</Button>
    </section>
  );
}

function Locked({ approved }: { approved: NonNullable<Draft["approved"]> }) {
  return (
    <p class="report-locked">
      <Icon name="lock" />
      <span>Approved by <b>{approved.name}</b> on {new Date(approved.at).toLocaleString("en-GB", { dateStyle: "long", timeStyle: "short" })}.
        It is locked; what is to be said further is added below it. <span class="quiet">Computer user {approved.by}, not authenticated.</span></span>
    </p>
  );
}
