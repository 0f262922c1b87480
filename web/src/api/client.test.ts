import { afterEach, describe, expect, it, vi } from "vitest";
import { ApiError, get, put, reachable } from "./client";

const answer = (status: number, body: unknown): void => void vi.stubGlobal("fetch", vi.fn(async () => new Response(JSON.stringify(body), { status })));
const failed = async (call: Promise<unknown>): Promise<ApiError> => call.then(() => { throw new Error("it did not fail"); }, (error: unknown) => error as ApiError);

describe("a call to the server", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("says why it was refused, in the server's words", async () => {
    answer(422, { error: { where: "upload", expected: "a zip", found: "a broken one", remedy: "Pack it again." } });
    const error = await failed(get("/api/x"));
    expect(error.failure).toBe("refused");
    expect(error.message).toBe("Expected a zip, found a broken one. Pack it again.");
  });

  it.each([[401, "unsigned"], [409, "conflict"], [423, "locked"], [500, "broken"], [404, "refused"]])("knows what %i means", async (status, failure) => {
    answer(status, null);
    expect((await failed(get("/api/x"))).failure).toBe(failure);
  });

  it("says that no answer came, and that one came again", async () => {
    vi.stubGlobal("fetch", vi.fn(async () => { throw new TypeError("failed"); }));
    expect((await failed(put("/api/x", {}))).failure).toBe("lost");
    expect(reachable.value).toBe(false);
    answer(200, { fine: true });
    expect(await get("/api/x")).toEqual({ fine: true });
    expect(reachable.value).toBe(true);
  });

  it("takes half an answer for none", async () => {
    const torn = new ReadableStream({ start: (stream) => stream.error(new TypeError("network error")) });
    vi.stubGlobal("fetch", vi.fn(async () => new Response(torn, { status: 200 })));
    expect((await failed(get("/api/x"))).failure).toBe("lost");
    expect(reachable.value).toBe(false);
  });

  it("reads a proxy's page as a fault and not as data", async () => {
    vi.stubGlobal("fetch", vi.fn(async () => new Response("<html>", { status: 502 })));
    expect((await failed(get("/api/x"))).message).toContain("502");
  });
});
