/** Short messages at the foot of the page. Good news leaves by itself; what failed stays until it is read. */
import { signal } from "@preact/signals";
import { Button } from "./button";
import { Icon } from "./icon";

export interface Toast {
  id: number;
  text: string;
  kind: "good" | "bad" | "plain";
  action?: { name: string; run: () => void };
}

const shown = signal<Toast[]>([]);
let last = 0;

export function toast(text: string, kind: Toast["kind"] = "plain", action?: Toast["action"]): void {
  const id = ++last;
  // Said twice is shown once.
  const others = shown.value.filter((one) => one.text !== text).slice(-3);
  shown.value = [...others, { id, text, kind, ...(action ? { action } : {}) }];
  if (kind !== "bad") setTimeout(() => close(id), action ? 9000 : 5000);
}

const close = (id: number): void => {
  shown.value = shown.value.filter((one) => one.id !== id);
};

export function Toasts() {
  return (
    <div class="toasts">
      <div role="status" aria-live="polite">{shown.value.filter((one) => one.kind !== "bad").map((one) => <One key={one.id} toast={one} />)}</div>
      <div role="alert">{shown.value.filter((one) => one.kind === "bad").map((one) => <One key={one.id} toast={one} />)}</div>
    </div>
  );
}

function One({ toast: one }: { toast: Toast }) {
  return (
    <div class={`toast toast-${one.kind}`}>
      {one.kind !== "plain" && <Icon name={one.kind === "good" ? "check" : "warning"} />}
      <span>{one.text}</span>
      {one.action && <Button kind="quiet" size="s" onClick={() => { close(one.id); one.action!.run(); }}>{one.action.name}</Button>}
      <Button kind="quiet" size="s" icon="close" label="Close this message" onClick={() => close(one.id)} />
    </div>
  );
}
