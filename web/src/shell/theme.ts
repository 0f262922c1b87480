/** Light, dark, or as the system has it. The reading room is dark unless the reader chose otherwise. */
import { effect, signal } from "@preact/signals";
import { place } from "./router";

export type Theme = "system" | "light" | "dark";
const kept = (): Theme => {
  const text = localStorage.getItem("thecal.theme");
  return text === "light" || text === "dark" ? text : "system";
};

export const theme = signal<Theme>(kept());

export function chooseTheme(choice: Theme): void {
  theme.value = choice;
  localStorage.setItem("thecal.theme", choice);
}

export function applyTheme(): void {
  effect(() => {
    const shown = theme.value === "system" && place.value.route?.place === "room" ? "dark" : theme.value;
    if (shown === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = shown;
  });
}

/** What is seen now, "system" resolved. */
export function darkNow(): boolean {
  const shown = document.documentElement.dataset["theme"];
  return shown ? shown === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}
