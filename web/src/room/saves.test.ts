import { beforeEach, describe, expect, it, vi } from "vitest";
import "fake-indexeddb/auto";
import { ApiError } from "../api/client";
import { recall } from "../shell/store";
import { type Operation, Saves } from "./saves";
import type { Changed } from "./types";

const told = { where: "", expected: "", found: "", remedy: "" };
const change = (state: string): Operation => ({ is: "change", wish: { target: "patient/sex", after: { state } }, words: "Sex" });
const answer = (version: number): Changed => ({ version }) as Changed;
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));
let name = 0;

function line(send: (operation: Operation, base: number) => Promise<Changed>) {
  const taken = vi.fn();
  const dropped = vi.fn();
  const saves = new Saves({ key: `test/${++name}`, send, taken, dropped });
  return { saves, taken, dropped, key: `test/${name}` };
}

describe("corrections on their way", () => {
  beforeEach(() => vi.useRealTimers());

  it("go one after the other, each upon the version before", async () => {
    const bases: number[] = [];
    const { saves, taken } = line(async (_, base) => (bases.push(base), answer(base + 1)));
    await saves.begin(7);
    for (const state of ["female", "male", "female"]) saves.add(change(state));
    await settled();
    expect(bases).toEqual([7, 8, 9]);
    expect(taken).toHaveBeenCalledTimes(3);
    expect(saves.state.value.is).toBe("saved");
  });

  it("wait in the browser while the server is gone, and go out when the page is opened again", async () => {
    const lost = line(async () => Promise.reject(new ApiError("lost", told)));
    await lost.saves.begin(3);
    lost.saves.add(change("male"));
    await settled();
    expect(lost.saves.state.value).toMatchObject({ is: "not saved", why: "lost" });
    expect(await recall(lost.key)).toMatchObject({ base: 3 });
    lost.saves.stop();
    const sent: number[] = [];
    const again = new Saves({ key: lost.key, send: async (_, base) => (sent.push(base), answer(4)), taken: vi.fn(), dropped: vi.fn() });
    await again.begin(3);
    await settled();
    expect(sent).toEqual([3]);
    expect(await recall(lost.key)).toBeUndefined();
  });

  it("stop at a conflict until the reader has chosen", async () => {
    const clash = new ApiError("conflict", told, 409, { theirs: { version: 9, by: "other", at: "", target: "patient/sex" } });
    const bases: number[] = [];
    const { saves } = line(async (_, base) => {
      bases.push(base);
      if (base < 9) throw clash;
      return answer(10);
    });
    await saves.begin(8);
    saves.add(change("male"));
    await settled();
    expect(saves.clash.value).toMatchObject({ theirs: { version: 9, by: "other" }, mine: { is: "change" } });
    saves.insist();
    await settled();
    expect(bases).toEqual([8, 9]);
    expect(saves.state.value.is).toBe("saved");
  });

  it("are let go where the reader keeps the other's", async () => {
    const clash = new ApiError("conflict", told, 409, { theirs: { version: 9 } });
    const { saves, dropped, key } = line(async () => Promise.reject(clash));
    await saves.begin(8);
    saves.add(change("male"));
    await settled();
    saves.yield();
    expect(dropped).toHaveBeenCalledOnce();
    await settled();
    expect(await recall(key)).toBeUndefined();
  });

  it("one that is refused is taken back and said to be", async () => {
    const { saves, dropped } = line(async () => Promise.reject(new ApiError("refused", { ...told, found: "no such state" })));
    await saves.begin(1);
    saves.add(change("neither"));
    await settled();
    expect(saves.state.value).toMatchObject({ is: "not saved", why: "refused" });
    expect(dropped).toHaveBeenCalledOnce();
  });
});
