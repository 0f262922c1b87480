import { describe, expect, it, vi } from "vitest";
import { listenToKeys, registered, stroke } from "./keys";

const press = (key: string, target: EventTarget = document.body, more: KeyboardEventInit = {}): KeyboardEvent => {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
  target.dispatchEvent(event);
  return event;
};

describe("keys", () => {
  it("are named as they are pressed", () => {
    expect(stroke(new KeyboardEvent("keydown", { key: "?", shiftKey: true }))).toBe("?");
    expect(stroke(new KeyboardEvent("keydown", { key: "S", ctrlKey: true }))).toBe("Ctrl+s");
    expect(stroke(new KeyboardEvent("keydown", { key: "z", metaKey: true }))).toBe("Ctrl+z");
    expect(stroke(new KeyboardEvent("keydown", { key: "ArrowUp", shiftKey: true }))).toBe("Shift+ArrowUp");
  });

  it("work alone, in pairs, and not while one types", () => {
    const [once, pair, saved] = [vi.fn(), vi.fn(), vi.fn()];
    registered.value = [
      { keys: "j", does: "", group: "", run: once },
      { keys: "g w", does: "", group: "", run: pair },
      { keys: "Ctrl+s", does: "", group: "", run: saved, inText: true },
    ];
    listenToKeys();
    expect(press("j").defaultPrevented).toBe(true);
    press("g");
    press("w");
    const field = document.body.appendChild(document.createElement("textarea"));
    expect(press("j", field).defaultPrevented).toBe(false);
    press("s", field, { ctrlKey: true });
    expect([once, pair, saved].map((one) => one.mock.calls.length)).toEqual([1, 1, 1]);
  });
});
