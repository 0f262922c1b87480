/** Tools, layouts, window presets and what lies over the images. */

import { Menu, type MenuEntry } from "../../parts/menu";
import { useSession } from "../context";
import { LAYOUTS, partner } from "./hanging";
import type { Stage, Tool } from "./stage";
import { ToolIcon, type ToolIconName } from "./toolicon";
import type { Painter } from "./painter";
import { PRESETS, usePreset } from "./presets";
import { takePicture } from "./snapshot";

export const TOOLS: readonly { tool: Tool; name: string; key: string }[] = [
  { tool: "cross", name: "Point", key: "q" }, { tool: "window", name: "Window and level", key: "w" }, { tool: "pan", name: "Pan", key: "p" },
  { tool: "zoom", name: "Zoom", key: "z" }, { tool: "length", name: "Length", key: "l" }, { tool: "angle", name: "Angle", key: "a" },
  { tool: "roi", name: "Region: mean, sd and area", key: "r" }, { tool: "brush", name: "Brush", key: "b" }, { tool: "eraser", name: "Eraser", key: "e" },
  { tool: "click", name: "Outline by a click", key: "c" }, { tool: "level", name: "Name a vertebra", key: "v" },
];
const LAYOUT_ICONS: Readonly<Record<string, ToolIconName>> = { "1": "one", "2": "two", "4": "four", "1+3": "oneThree" };

function Toggle({ icon, name, hint, pressed, disabled, onClick }: {
  icon: ToolIconName; name: string; hint: string; pressed?: boolean; disabled?: boolean; onClick: () => void;
}) {
  return (
    <button type="button" class="tool" aria-pressed={pressed} aria-label={name} title={`${name} (${hint})`} disabled={disabled} onClick={onClick}>
      <ToolIcon name={icon} />
    </button>
  );
}

export function Toolbar({ blind, painter }: { blind: boolean; painter: () => Painter | null }) {
  const session = useSession();
  const { stage } = session;
  const view = stage.views.value[stage.active.value];
  const other = view?.series ? partner(session.series.value, view.series) : null;
  const usable = TOOLS.filter(({ tool }) => !blind || !["brush", "eraser", "click", "level"].includes(tool));
  return (
    <div class="toolbar" role="toolbar" aria-label="Tools of the views" onKeyDown={walkTools}>
      <div class="tool-group" role="group" aria-label="Tool">
        {usable.map(({ tool, name, key }) => (
          <Toggle key={tool} icon={tool} name={name} hint={key} pressed={stage.tool.value === tool} onClick={() => (stage.tool.value = tool)} />
        ))}
      </div>
      <div class="tool-group" role="group" aria-label="Before and after">
        <Toggle icon="blink" name="Blink with the other series" hint="k" pressed={view?.against?.how === "blink"} disabled={!other} onClick={() => stage.against("blink")} />
        <Toggle icon="subtract" name="Subtract the other series" hint="u" pressed={view?.against?.how === "subtract"} disabled={!other} onClick={() => stage.against("subtract")} />
      </div>
      <div class="tool-group" role="group" aria-label="Layout">
        {LAYOUTS.map(({ key, name }, number) => (
          <Toggle key={key} icon={LAYOUT_ICONS[key]!} name={name} hint={`Shift+F${number + 1}`} pressed={stage.layout.value === key} onClick={() => (stage.layout.value = key)} />
        ))}
      </div>
      <div class="tool-group">
        <Menu label="Window" size="s" entries={presetEntries(stage)}>Window</Menu>
        <Toggle icon="labels" name="Labels" hint="o" pressed={stage.looks.value.lesion.shown || stage.looks.value.anatomy.shown} disabled={blind} onClick={() => toggleLabels(stage)} />
        <Toggle icon="solid" name="In space" hint="t" disabled={blind} onClick={() => (stage.solid.value = true)} />
        <Toggle icon="picture" name="Add a picture of this view to the report" hint="s" disabled={blind} onClick={() => void takePicture(session, painter())} />
        <Toggle icon="reset" name="Fit the view anew" hint="0" onClick={() => stage.reset(stage.active.value)} />
      </div>
    </div>
  );
}

/** Arrows walk along the toolbar. */
function walkTools(event: KeyboardEvent): void {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (by === undefined) return;
  const all = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>("button:not(:disabled)")];
  const now = all.indexOf(document.activeElement as HTMLElement);
  all[(now + by + all.length) % all.length]?.focus();
  event.preventDefault();
}

/** All labels off, or back on as they were first shown. */
export function toggleLabels(stage: Stage): void {
  const on = Object.values(stage.looks.value).some((look) => look.shown);
  for (const name of ["anatomy", "lesion", "instances"] as const) stage.look(name, { shown: !on && name === "lesion" });
}

function presetEntries(stage: Stage): MenuEntry[] {
  return PRESETS.map((preset) => ({ name: preset.name, detail: preset.detail, run: () => usePreset(stage, preset) }));
}
