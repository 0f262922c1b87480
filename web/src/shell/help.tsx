/** The keys that work on the page one is on. */
import { Dialog } from "../parts/dialog";
import { helpShown, registered } from "./keys";

const signs: Record<string, string> = { ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→", " ": "Space", Escape: "Esc" };

/** One way to press: its strokes, each a key cap. */
export function Keys({ keys }: { keys: string }) {
  const strokes = keys === " " ? [" "] : keys.split(" ");
  return (
    <span class="keys">
      {strokes.map((one, number) => (
        <span key={number}>{number > 0 && " then "}{one.split(/(?<=.)\+/).map((cap) => <kbd key={cap}>{signs[cap] ?? cap}</kbd>)}</span>
      ))}
    </span>
  );
}

export function KeyHelp() {
  const groups = new Map<string, { keys: string; does: string }[]>();
  for (const { keys, does, group } of registered.value) {
    const rows = groups.get(group) ?? groups.set(group, []).get(group)!;
    if (!rows.some((row) => row.keys === keys)) rows.push({ keys, does });
  }
  return (
    <Dialog open={helpShown.value} onClose={() => (helpShown.value = false)} title="Keys" wide>
      <div class="key-groups">
        {[...groups].map(([group, rows]) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl>
              {rows.map(({ keys, does }) => <div key={keys}><dt><Keys keys={keys} /></dt><dd>{does}</dd></div>)}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
