/** The reading room: the study's images, what thecal saw in them, and the means to correct it. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { loadStudy } from "../api/studies";
import type { Study } from "../api/types";
import { Button } from "../parts/button";
import { Saved } from "../parts/saved";
import { Tabs } from "../parts/tabs";
import { toast } from "../parts/toast";
import { useKeys } from "../shell/keys";
import { type PageProps, useTitle } from "../shell/router";
import { beginBlind, loadVocabulary } from "./calls";
import { InSession, useSession } from "./context";
import { roomKeys } from "./keys";
import { BlindBeside, BlindForm } from "./panels/blind";
import { ClashDialog } from "./panels/clash";
import { DifferentialPanel } from "./panels/differential";
import { Findings } from "./panels/findings";
import { History } from "./panels/history";
import { Lesions } from "./panels/lesions";
import { Marking } from "./panels/marking";
import { NamingDialog } from "./panels/naming";
import { Session } from "./session";
import type { Term } from "./types";
import { Beat } from "./viewer/beat";
import type { Painter } from "./viewer/painter";
import { SolidDialog } from "./viewer/solid";
import { Readout } from "./viewer/readout";
import { Strip } from "./viewer/strip";
import { Toolbar } from "./viewer/toolbar";
import { ViewBox } from "./viewer/view";
import "./room.css";

export default function Room({ params }: PageProps) {
  const id = params["id"] ?? "";
  const session = useMemo(() => new Session(id), [id]);
  const [study, setStudy] = useState<Study | null>(null);
  useEffect(() => {
    void session.open();
    loadStudy(id).then(setStudy, () => undefined);
    return () => session.close();
  }, [session]);
  useTitle(study?.title ?? "Study");
  return (
    <InSession.Provider value={session}>
      <Opened study={study} />
    </InSession.Provider>
  );
}

function Opened({ study }: { study: Study | null }) {
  const session = useSession();
  const opening = session.opening.value;
  if (opening.is === "opening") return <div class="room-wait" role="status"><span class="spinner" aria-hidden="true" /> Opening the study</div>;
  if (opening.is === "waiting") return <Waiting study={opening.study} />;
  if (opening.is === "failed") {
    return (
      <div class="page-lost"><h1>{study?.title ?? "This study"} can't be shown yet</h1><p class="quiet">{opening.why}</p>
        <p><Button kind="strong" onClick={() => void session.open()}>Try again</Button> <a class="button" href="/">Worklist</a></p></div>
    );
  }
  return <Desk study={study} blind={opening.is === "blind"} />;
}

function Waiting({ study }: { study: Study }) {
  const stage = study.stage ? `${study.stage}${study.stage_number && study.stages ? `, ${study.stage_number} of ${study.stages}` : ""}` : study.state;
  return (
    <div class="page-lost" role="status"><h1>{study.title} is being read</h1>
      <p class="row"><span class="spinner" aria-hidden="true" /> {stage}</p><p class="quiet">It opens by itself when it is ready. <a href="/">Worklist</a></p></div>
  );
}

const NO_TERMS: readonly Term[] = [];

function Desk({ study, blind }: { study: Study | null; blind: boolean }) {
  const session = useSession();
  const [terms, setTerms] = useState(NO_TERMS);
  const [tab, setTab] = useState("findings");
  const painters = useRef(new Map<number, Painter>());
  const active = (): Painter | null => painters.current.get(session.stage.active.peek()) ?? null;
  useEffect(() => void loadVocabulary().then(setTerms, () => toast("The words for corrections did not come; reload to correct findings.", "bad")), []);
  useKeys(useMemo(() => roomKeys(session, active, setTab, blind), [session, blind]), [session, blind]);
  const keepPainter = (index: number, painter: Painter | null): void => {
    if (painter) painters.current.set(index, painter);
    else painters.current.delete(index);
  };
  const { stage } = session;
  return (
    <div class="room" data-masks={session.labels.value.lesion ? "true" : undefined}>
      <h1 class="hidden-text">{study?.title ?? "Study"}</h1>
      <Beat />
      <div class="room-images">
        <Toolbar blind={blind} painter={active} />
        <div class={`views views-${stage.layout.value.replace("+", "-")}`}>
          {stage.visible.value.map((index) => <ViewBox key={index} index={index} onPainter={keepPainter} />)}
        </div>
        <Strip />
      </div>
      <aside class="room-panel" aria-label="Reading" onKeyDown={keepArrows}>
        {blind ? <BlindForm terms={terms} /> : <Panels terms={terms} tab={tab} onTab={setTab} />}
      </aside>
      <StatusBar study={study} blind={blind} painters={painters.current} />
      <ClashDialog />
      <NamingDialog />
      {stage.solid.value && <SolidDialog onClose={() => (stage.solid.value = false)} />}
    </div>
  );
}

/** In the panel arrows scroll and choose; the views keep still. */
function keepArrows(event: KeyboardEvent): void {
  if (/^(Arrow|Page|Home|End|Enter| )/.test(event.key) && !event.shiftKey) event.stopPropagation();
}

function Panels({ terms, tab, onTab }: { terms: readonly Term[]; tab: string; onTab: (name: string) => void }) {
  const session = useSession();
  const emergencies = session.answer.value?.report.emergencies ?? [];
  const tabs = [
    { key: "findings", name: "Findings" }, { key: "differential", name: "Differential" }, { key: "marking", name: "Labels" }, { key: "history", name: "History" },
    ...(session.blind.value ? [{ key: "blind", name: "Blind" }] : []),
  ];
  return (
    <>
      {emergencies.map((one) => <p key={one.code + one.message} class="emergency" role="alert">{one.message}</p>)}
      <Newer />
      <Lesions />
      <Tabs label="Reading" tabs={tabs} chosen={tab} onChoose={onTab}>
        {tab === "findings" && <Findings terms={terms} />}
        {tab === "differential" && <DifferentialPanel />}
        {tab === "marking" && <Marking />}
        {tab === "history" && <History />}
        {tab === "blind" && <BlindBeside />}
      </Tabs>
    </>
  );
}

/** Someone else has changed the study while it is shown. */
function Newer() {
  const session = useSession();
  if (session.newer.value === null) return null;
  return <p class="note row" role="status">This study was changed elsewhere. <Button size="s" onClick={() => void session.open()}>Show it as it is now</Button></p>;
}

function StatusBar({ study, blind, painters }: { study: Study | null; blind: boolean; painters: ReadonlyMap<number, Painter> }) {
  const session = useSession();
  const patient = study?.patient;
  const identity = [patient?.name?.replaceAll("^", " "), patient?.sex, patient?.age != null ? `${patient.age} y` : null, study?.acquired_on].filter(Boolean).join(" · ");
  const toBlind = (): void => void beginBlind(session.id).then(() => location.reload(), (error: unknown) => toast(error instanceof Error ? error.message : String(error), "bad"));
  return (
    <footer class="status">
      <span class="status-warning">Research software, not for primary diagnosis</span>
      <span class="status-study">{study?.simulated && <strong>Simulated. </strong>}{identity || study?.title}</span>
      <Readout painters={painters} />
      <span class="status-end">
        {blind ? <span class="quiet">Blind: nothing of thecal's is shown</span> : <>
          {session.blind.value === null && <Button size="s" kind="quiet" onClick={toBlind}>Read blind first</Button>}
          <a class="button button-s button-quiet" href={`/studies/${session.id}/report`}>Report</a>
          <Saved state={session.saves.state.value} />
        </>}
      </span>
    </footer>
  );
}
