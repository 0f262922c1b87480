/** Says whether what was typed is saved, is being saved, or is not, and why. */
import type { SaveState } from "../shell/saving";
import { Icon } from "./icon";

export function Saved<T>({ state }: { state: SaveState<T> }) {
  if (state.is === "saving") return <span class="saved" role="status"><span class="spinner" aria-hidden="true" />Saving</span>;
  if (state.is === "saved") return <span class="saved" role="status"><Icon name="check" />{state.at ? `Saved ${clock(state.at)}` : "Saved"}</span>;
  return <span class="saved saved-not" role="status"><Icon name="warning" /><span>Not saved: {state.text}</span></span>;
}

const clock = (at: number): string => new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
