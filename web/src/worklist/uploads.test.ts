// @vitest-environment node
import "fake-indexeddb/auto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { add, arrived, batches, cancel, hold, sentOf } from "./uploads";
import { keptKeys } from "../shell/store";

/** A server that keeps what it is sent, and that can be lost. */
class Fake {
  files = new Map<string, { size: number; bytes: number }>();
  made: string[][] = [];
  lost = false;
  refuse: { status: number; remedy: string } | null = null;
  /** After so many pieces it is lost. */
  loseAfter = Infinity;
  patches = 0;

  fetch = async (path: string, { method, body, headers }: RequestInit): Promise<Response> => {
    if (this.lost) throw new TypeError("lost");
    const [, , , id = ""] = path.split("/");
    if (path === "/api/uploads") {
      const { bytes } = JSON.parse(body as string) as { bytes: number };
      const name = `u${this.files.size}`;
      this.files.set(name, { size: bytes, bytes: 0 });
      return this.say({ upload: name, offset: 0 });
    }
    if (path === "/api/studies") {
      if (this.refuse) return this.say({ error: { where: "", expected: "", found: "", remedy: this.refuse.remedy } }, this.refuse.status);
      this.made.push((JSON.parse(body as string) as { uploads: string[] }).uploads);
      return this.say({ study: "s1" });
    }
    const file = this.files.get(id);
    if (!file) return this.say({ error: { where: "", expected: "an upload", found: "none", remedy: "" } }, 404);
    if (method === "DELETE") this.files.delete(id);
    if (method !== "PATCH") return this.say({ offset: file.bytes });
    if (Number((headers as Record<string, string>)["Upload-Offset"]) !== file.bytes) return this.say({ theirs: { offset: file.bytes } }, 409);
    file.bytes += (body as Blob).size;
    if (++this.patches >= this.loseAfter) {
      this.lost = true;
      throw new TypeError("lost after it was written");
    }
    return this.say({ offset: file.bytes });
  };

  say = (value: unknown, status = 200): Response => new Response(JSON.stringify(value), { status });
}

const until = (test: () => unknown): Promise<void> => vi.waitFor(async () => { if (!(await test())) throw new Error("not yet"); }, { timeout: 4000, interval: 5 });
const megabytes = (count: number): File => new File([new Uint8Array(count * 1024 * 1024)], "a.zip");
const plans = (file: File, ...more: File[]) => [{ title: "a", files: [file, ...more].map((one, number) => ({ path: `${number}-${one.name}`, file: one })) }];
let server: Fake;

describe("an upload", () => {
  beforeEach(() => {
    server = new Fake();
    vi.stubGlobal("fetch", server.fetch);
    arrived.value = null;
  });
  afterEach(() => {
    [...batches.value].forEach(cancel);
    vi.unstubAllGlobals();
  });

  it("goes in pieces, becomes a study, and leaves nothing in the browser", async () => {
    add(plans(megabytes(9), megabytes(1)));
    await until(() => arrived.value);
    expect(server.patches).toBe(4);
    expect(server.made).toEqual([["u0", "u1"]]);
    expect(batches.value).toEqual([]);
    await until(async () => (await keptKeys()).length === 0);
  });

  it("goes on from what the server has on disk, though the answer to the last piece was lost", async () => {
    server.loseAfter = 2;
    add(plans(megabytes(9)));
    await until(() => batches.value[0]?.state === "waiting");
    expect(sentOf(batches.value[0]!)).toBe(4 * 1024 * 1024);
    server.loseAfter = Infinity;
    server.lost = false;
    await until(() => arrived.value);
    expect([...server.files.values()]).toEqual([{ size: 9 * 1024 * 1024, bytes: 9 * 1024 * 1024 }]);
    expect(server.patches).toBe(3);
  });

  it("begins again where the server knows nothing of it any more", async () => {
    server.loseAfter = 1;
    add(plans(megabytes(5)));
    await until(() => batches.value[0]?.state === "waiting");
    server.files = new Map([["other", { size: 1, bytes: 1 }]]);
    server.loseAfter = Infinity;
    server.lost = false;
    await until(() => arrived.value);
    expect(server.files.get("u1")).toEqual({ size: 5 * 1024 * 1024, bytes: 5 * 1024 * 1024 });
  });

  it("says why it was refused, and does not ask again", async () => {
    server.refuse = { status: 422, remedy: "No image lies in it." };
    add(plans(megabytes(1)));
    await until(() => batches.value[0]?.state === "refused");
    expect(batches.value[0]!.why).toBe("No image lies in it.");
  });

  it("that is paused sends nothing more, and one that is given up is taken from the server", async () => {
    add(plans(megabytes(1)));
    const [batch] = batches.value;
    hold(batch!);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(server.made).toEqual([]);
    cancel(batch!);
    await until(() => server.files.size === 0);
  });

  it("goes on after a reload, from the files that the browser kept", async () => {
    server.loseAfter = 1;
    add(plans(megabytes(5)));
    await until(async () => batches.value[0]?.state === "waiting" && (await keptKeys()).length === 2);
    // A reload forgets everything but what the browser keeps.
    hold(batches.value[0]!);
    batches.value = [];
    server.loseAfter = Infinity;
    server.lost = false;
    await new Promise((resolve) => setTimeout(resolve, 600));
    vi.resetModules();
    const again = await import("./uploads");
    await again.restore();
    await until(() => again.arrived.value);
    expect(server.files.get("u0")).toEqual({ size: 5 * 1024 * 1024, bytes: 5 * 1024 * 1024 });
    expect(server.made).toEqual([["u0"]]);
  });
});
