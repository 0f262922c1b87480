/** Keys and what they do. Whoever is on the page registers its keys; '?' lists those that work now. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

export interface Key {
  /** As pressed: "/", "?", "j", "Shift+ArrowUp", "Ctrl+z" (Ctrl or the Mac's command key), or two strokes: "g w". */
  keys: string;
  does: string;
  group: string;
  run: (event: KeyboardEvent) => void;
  /** Also while the cursor stands in a text field. */
  inText?: boolean;
}

export const registered = signal<Key[]>([]);
export const helpShown = signal(false);

export function useKeys(keys: Key[], depends: readonly unknown[] = []): void {
  useEffect(() => {
    registered.value = [...registered.peek(), ...keys];
    return () => {
      registered.value = registered.peek().filter((key) => !keys.includes(key));
    };
  }, depends);
}

export function stroke(event: KeyboardEvent): string {
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push("Ctrl");
  if (event.altKey) parts.push("Alt");
  // A capital or a sign already tells of the shift key.
  if (event.shiftKey && event.key.length > 1) parts.push("Shift");
  parts.push(event.key.length === 1 && parts.length ? event.key.toLowerCase() : event.key);
  return parts.join("+");
}

const isText = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement ||
    (target instanceof HTMLInputElement && !["checkbox", "radio", "button", "range", "submit", "file"].includes(target.type)));

let before = "";
let beforeAt = 0;

export function listenToKeys(): void {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || ["Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
    const now = stroke(event);
    const pair = performance.now() - beforeAt < 1200 ? `${before} ${now}` : "";
    [before, beforeAt] = [now, performance.now()];
    // A dialog that is open keeps the keyboard to itself.
    const modal = document.querySelector("dialog[open]:modal") !== null;
    const mine = [...registered.peek()].reverse().find((key) => key.keys === pair) ?? [...registered.peek()].reverse().find((key) => key.keys === now);
    if (!mine || (modal && !mine.inText) || (isText(event.target) && !mine.inText)) return;
    event.preventDefault();
    before = "";
    mine.run(event);
  });
}
