/** What the keyboard does in the room; the list behind "?" is made of it. */

import { toast } from "../parts/toast";
import type { Key } from "../shell/keys";
import { acceptProposal, proposeAt, proposeBetween, refuseProposal } from "./correcting/proposals";
import { Stroke } from "./correcting/stroke";
import { addLesion } from "./panels/lesions";
import type { Session } from "./session";
import { type Vec3, add, scale } from "./slices/geometry";
import { PLANES } from "./slices/frame";
import { LAYOUTS, ordered } from "./viewer/hanging";
import type { Painter } from "./viewer/painter";
import { takePicture } from "./viewer/snapshot";
import { TOOLS, toggleLabels } from "./viewer/toolbar";

const VIEWS = "Views";
const IMAGE = "Image";
const TOOL = "Tools";
const MASKS = "Masks";

export function roomKeys(session: Session, painter: () => Painter | null, tab: (name: string) => void, blind: boolean): Key[] {
  return [...viewKeys(session), ...imageKeys(session), ...toolKeys(session, blind), ...(blind ? [] : [...maskKeys(session), ...panelKeys(session, tab, painter)])];
}

function viewKeys(session: Session): Key[] {
  const { stage } = session;
  const step = (by: number) => (): void => stage.scroll(stage.active.value, by);
  return [
    { keys: "ArrowUp", does: "One slice towards head, right or front", group: VIEWS, run: step(1) },
    { keys: "ArrowDown", does: "One slice the other way", group: VIEWS, run: step(-1) },
    { keys: "PageUp", does: "Five slices", group: VIEWS, run: step(5) },
    { keys: "PageDown", does: "Five slices the other way", group: VIEWS, run: step(-5) },
    { keys: "ArrowRight", does: "Next series in this view", group: VIEWS, run: () => nextSeries(session, 1) },
    { keys: "ArrowLeft", does: "Series before", group: VIEWS, run: () => nextSeries(session, -1) },
    ...[0, 1, 2, 3].map((index) => ({ keys: String(index + 1), does: `View ${index + 1}`, group: VIEWS, run: () => { if (stage.layout.value === "1" || index < stage.count.value) stage.active.value = index; } })),
    { keys: "Enter", does: "This view alone, and back", group: VIEWS, run: () => { if (stage.proposal.value) acceptProposal(session); else stage.toggleLarge(); } },
    { keys: "y", does: "Next plane in this view", group: VIEWS, run: () => nextPlane(session) },
    ...LAYOUTS.map(({ key, name }, number) => ({ keys: `Shift+F${number + 1}`, does: name, group: VIEWS, run: () => (stage.layout.value = key) })),
  ];
}

function nextSeries(session: Session, by: number): void {
  const { stage } = session;
  const all = ordered(session.series.value);
  const now = all.findIndex((line) => line.key === stage.views.value[stage.active.value]?.series);
  const next = all[(now + by + all.length) % all.length];
  if (next) stage.show(stage.active.value, next.key);
}

function nextPlane(session: Session): void {
  const { stage } = session;
  const now = stage.views.value[stage.active.value]?.plane ?? "sagittal";
  stage.setPlane(stage.active.value, PLANES[(PLANES.indexOf(now) + 1) % PLANES.length]!);
}

function imageKeys(session: Session): Key[] {
  const { stage } = session;
  const turn = (width: number, centre: number) => (): void => {
    const key = stage.views.value[stage.active.value]?.series;
    const window = key ? stage.window(key) : null;
    if (key && window) stage.setWindow(key, { width: window.width * width, centre: window.centre + window.width * centre });
  };
  /** In the view's own directions. */
  const move = (right: number, down: number) => (): void => {
    const lie = stage.lie(stage.active.value);
    if (lie) stage.crosshair.value = add(stage.crosshair.value, add(scale(lie.right, right), scale(lie.down, down)) as Vec3);
  };
  return [
    { keys: "+", does: "Zoom in", group: IMAGE, run: () => stage.zoom(stage.active.value, 1.25, null) },
    { keys: "-", does: "Zoom out", group: IMAGE, run: () => stage.zoom(stage.active.value, 0.8, null) },
    { keys: "0", does: "Fit the view, automatic window", group: IMAGE, run: () => stage.reset(stage.active.value) },
    { keys: ".", does: "Wider window", group: IMAGE, run: turn(1.15, 0) },
    { keys: ",", does: "Narrower window", group: IMAGE, run: turn(1 / 1.15, 0) },
    { keys: "]", does: "Darker", group: IMAGE, run: turn(1, 0.06) },
    { keys: "[", does: "Brighter", group: IMAGE, run: turn(1, -0.06) },
    { keys: "k", does: "Blink with the series before or after contrast", group: IMAGE, run: () => stage.against("blink") },
    { keys: "u", does: "Subtract it", group: IMAGE, run: () => stage.against("subtract") },
    { keys: "o", does: "Labels on or off", group: IMAGE, run: () => toggleLabels(stage) },
    { keys: "x", does: "Crosshair on or off", group: IMAGE, run: () => (stage.crosshairShown.value = !stage.crosshairShown.value) },
    { keys: "Shift+ArrowLeft", does: "Crosshair 1 mm to the left", group: IMAGE, run: move(-1, 0) },
    { keys: "Shift+ArrowRight", does: "Crosshair 1 mm to the right", group: IMAGE, run: move(1, 0) },
    { keys: "Shift+ArrowUp", does: "Crosshair 1 mm up", group: IMAGE, run: move(0, -1) },
    { keys: "Shift+ArrowDown", does: "Crosshair 1 mm down", group: IMAGE, run: move(0, 1) },
  ];
}

function toolKeys(session: Session, blind: boolean): Key[] {
  const { stage } = session;
  const usable = TOOLS.filter(({ tool }) => !blind || !["brush", "eraser", "click", "level"].includes(tool));
  return [
    ...usable.map(({ tool, name, key }) => ({ keys: key, does: name, group: TOOL, run: () => (stage.tool.value = tool) })),
    { keys: "Delete", does: "Remove the last measure", group: TOOL, run: () => (stage.measures.value = stage.measures.value.slice(0, -1)) },
    { keys: "Escape", does: "Refuse the proposed outline; back to pointing", group: TOOL, run: () => { refuseProposal(session); stage.tool.value = "cross"; } },
  ];
}

function maskKeys(session: Session): Key[] {
  const { stage } = session;
  const dab = (tool: "brush" | "eraser") => (): void => {
    const lie = stage.lie(stage.active.value);
    const stroke = lie && Stroke.begin(session, tool, stage.crosshair.value, lie);
    if (!stroke) toast("There is nothing to paint on yet: the images and masks of this view are on their way.");
    else if (stroke.size === 0) toast(tool === "brush" ? "At the crosshair it is painted so already." : "At the crosshair there is nothing to erase.");
    else stroke.end();
  };
  const radius = (by: number) => (): void => {
    stage.brush.value = { ...stage.brush.value, radiusMm: Math.min(12, Math.max(0.5, stage.brush.value.radiusMm + by)) };
  };
  return [
    { keys: "Ctrl+z", does: "Undo", group: MASKS, run: () => session.undo() },
    { keys: "Ctrl+y", does: "Do again", group: MASKS, run: () => session.redo() },
    { keys: "d", does: "Paint at the crosshair", group: MASKS, run: dab("brush") },
    { keys: "D", does: "Erase at the crosshair", group: MASKS, run: dab("eraser") },
    { keys: "C", does: "Propose an outline at the crosshair", group: MASKS, run: () => void proposeAt(session, stage.crosshair.value, "new", stage.views.value[stage.active.value]?.series ?? null) },
    { keys: "F", does: "Fill between painted slices", group: MASKS, run: () => void proposeBetween(session, stage.lie(stage.active.value)) },
    { keys: ">", does: "Larger brush", group: MASKS, run: radius(0.5) },
    { keys: "<", does: "Smaller brush", group: MASKS, run: radius(-0.5) },
    { keys: "N", does: "Add a lesion", group: MASKS, run: () => addLesion(session) },
    { keys: "V", does: "Name the vertebra at the crosshair", group: MASKS, run: () => (stage.naming.value = stage.crosshair.value) },
  ];
}

function panelKeys(session: Session, tab: (name: string) => void, painter: () => Painter | null): Key[] {
  const step = (by: number) => (): void => {
    const all = session.lesions.value;
    const now = all.findIndex((one) => one.tracking_uid === session.lesion.value);
    const next = all[(now + by + all.length) % all.length];
    if (!next) return;
    session.lesion.value = next.tracking_uid;
    session.stage.goTo(next.where);
  };
  const group = "Panels";
  return [
    { keys: "s", does: "Add a picture of this view to the report", group, run: () => void takePicture(session, painter()) },
    { keys: "t", does: "Lesion and cord in space", group, run: () => (session.stage.solid.value = true) },
    { keys: "n", does: "Next lesion", group, run: step(1) },
    { keys: "g f", does: "Findings", group, run: () => tab("findings") },
    { keys: "g d", does: "Differential", group, run: () => tab("differential") },
    { keys: "g m", does: "Labels and masks", group, run: () => tab("marking") },
    { keys: "g h", does: "History", group, run: () => tab("history") },
    { keys: "i", does: "What if: begin or end", group, run: () => { if (session.supposing.value) session.endSupposing(); else session.supposing.value = true; } },
  ];
}
