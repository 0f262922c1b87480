import "fake-indexeddb/auto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "../api/client";
import { createSaver, type Saver } from "./saving";
import { keptKeys } from "./store";

const told = { where: "draft", expected: "", found: "", remedy: "" };
const lost = (): ApiError => new ApiError("lost", told);
const conflict = (value: string, version: number): ApiError => new ApiError("conflict", told, 409, { theirs: { value, version } });
const theirs = async (error: ApiError) => (error.body as { theirs: { value: string; version: number } }).theirs;
const key = "draft/one";
let savers: Saver<string>[] = [];

function make(send: (value: string, base: number) => Promise<{ version: number }>, more: object = {}): Saver<string> {
  const saver = createSaver<string>({ key, send, theirs, rest: 1, ...more });
  savers.push(saver);
  return saver;
}

const until = (test: () => unknown): Promise<void> => vi.waitFor(() => { if (!test()) throw new Error("not yet"); }, { timeout: 3000, interval: 5 });

describe("a saver", () => {
  beforeEach(() => { savers = []; });
  afterEach(async () => {
    savers.forEach((saver) => saver.stop());
    for (const name of await keptKeys()) await (await import("./store")).forget(name);
  });

  it("sends what is typed and forgets what the server has", async () => {
    const send = vi.fn(async (_: string, base: number) => ({ version: base + 1 }));
    const saver = make(send);
    await saver.begin("", 3);
    saver.change("cord");
    expect(saver.state.value.is).toBe("saving");
    await until(() => saver.state.value.is === "saved");
    expect(send).toHaveBeenCalledWith("cord", 3);
    expect(await keptKeys()).toEqual([]);
  });

  it("keeps what is typed while the server is lost, says so, and sends it when it is back", async () => {
    let there = false;
    const saver = make(async (_, base) => { if (!there) throw lost(); return { version: base + 1 }; });
    await saver.begin("", 0);
    saver.change("conus");
    await until(() => saver.state.value.is === "not saved");
    expect(saver.state.value).toMatchObject({ why: "lost" });
    expect(await keptKeys()).toHaveLength(1);
    there = true;
    dispatchEvent(new Event("online"));
    await until(() => saver.state.value.is === "saved");
    expect(await keptKeys()).toEqual([]);
  });

  it("gives back after a reload what was typed and not taken, and sends it upon the version it was made from", async () => {
    const before = make(async () => { throw lost(); });
    await before.begin("", 4);
    before.change("filum");
    await until(() => before.state.value.is === "not saved");
    before.stop();
    const send = vi.fn(async (_: string, base: number) => ({ version: base + 1 }));
    const after = make(send);
    expect(await after.begin("", 4)).toBe("filum");
    await until(() => after.state.value.is === "saved");
    expect(send).toHaveBeenCalledWith("filum", 4);
    expect(await keptKeys()).toEqual([]);
  });

  it("shows both texts in a conflict, sends nothing before one chooses, and puts the choice on top of theirs", async () => {
    const send = vi.fn(async (_: string, base: number) => { if (base < 7) throw conflict("theirs", 7); return { version: base + 1 }; });
    const saver = make(send);
    await saver.begin("", 6);
    saver.change("mine");
    await until(() => saver.state.value.is === "not saved");
    expect(saver.state.value).toMatchObject({ why: "conflict", mine: "mine", theirs: { value: "theirs", version: 7 } });
    saver.change("mine, and more");
    await saver.flush();
    expect(send).toHaveBeenCalledTimes(1);
    await saver.settle("both");
    expect(send).toHaveBeenLastCalledWith("both", 7);
    expect(saver.state.value.is).toBe("saved");
  });

  it("asks again after a reload in the middle of a conflict: theirs is never overwritten unseen", async () => {
    const refuse = async (_: string, base: number) => { if (base < 7) throw conflict("theirs", 7); return { version: base + 1 }; };
    const before = make(refuse);
    await before.begin("", 6);
    before.change("mine");
    await until(() => before.state.value.is === "not saved");
    before.change("mine, longer");
    before.stop();
    const after = make(refuse);
    expect(await after.begin("theirs", 7)).toBe("mine, longer");
    await until(() => after.state.value.is === "not saved");
    expect(after.state.value).toMatchObject({ why: "conflict", mine: "mine, longer" });
  });

  it("merges what was changed in different places by itself", async () => {
    const shown = vi.fn();
    const merge = (origin: string, mine: string, their: string): string => their + mine.slice(origin.length);
    const saver = make(async (_, base) => { if (base < 2) throw conflict("A theirs", 2); return { version: base + 1 }; }, { merge, onMerged: shown });
    await saver.begin("A", 1);
    saver.change("A mine");
    await until(() => saver.state.value.is === "saved");
    expect(shown).toHaveBeenCalledWith("A theirs mine");
  });

  it("does not knock again at a server that refuses, until something else is typed", async () => {
    const send = vi.fn(async (value: string, base: number) => { if (value === "bad") throw new ApiError("refused", { ...told, remedy: "Too long." }, 422); return { version: base + 1 }; });
    const saver = make(send);
    await saver.begin("", 0);
    saver.change("bad");
    await until(() => saver.state.value.is === "not saved");
    expect(saver.state.value).toMatchObject({ why: "refused", text: "Too long." });
    saver.change("good");
    await until(() => saver.state.value.is === "saved");
  });

  it("forgets what was refused for good when it is told to", async () => {
    const saver = make(async () => { throw new ApiError("locked", told, 423); });
    await saver.begin("", 0);
    saver.change("too late");
    await until(() => saver.state.value.is === "not saved");
    expect(await keptKeys()).toHaveLength(1);
    await saver.discard();
    expect(saver.state.value.is).toBe("saved");
    expect(await keptKeys()).toEqual([]);
  });

  it("does not overrun what is typed while it looks for what was left", async () => {
    const before = make(async () => { throw lost(); });
    await before.begin("", 0);
    before.change("left");
    await until(() => before.state.value.is === "not saved");
    before.stop();
    const after = make(async (_, base) => ({ version: base + 1 }));
    const begun = after.begin("", 0);
    after.change("typed at once");
    expect(await begun).toBe("typed at once");
  });

  it("works without a store of the browser's own", async () => {
    vi.stubGlobal("indexedDB", { open: () => { throw new Error("refused"); } });
    vi.resetModules();
    const { createSaver: create } = await import("./saving");
    const saver = create<string>({ key, send: async (_, base) => ({ version: base + 1 }), theirs, rest: 1 });
    await saver.begin("", 0);
    saver.change("text");
    await until(() => saver.state.value.is === "saved");
    saver.stop();
    vi.unstubAllGlobals();
  });
});
