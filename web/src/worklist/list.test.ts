import { describe, expect, it, vi } from "vitest";
import type { Study } from "../api/types";

const study = (id: string, more: Partial<Study> = {}): Study => ({ id, title: id, state: "ready", simulated: false, added_at: "2026-03-01T10:00:00Z", version: 0, ...more });
let answer: (studies: Study[]) => void = () => undefined;
vi.mock("../api/studies", () => ({ listStudies: () => new Promise<Study[]>((resolve) => (answer = resolve)) }));
const { choose, count, drop, matches, put, reload, studies } = await import("./list");

describe("the worklist", () => {
  it("finds by every word, whatever its accents and capitals", () => {
    const one = study("a", { title: "Wirbelsäule", patient: { name: "Müller" }, first: { entity: "ependymoma", name: "Spinal ependymoma", probability: 0.5, interval: [0.4, 0.6] } });
    expect(matches(one, "WIRBELSAULE muller")).toBe(true);
    expect(matches(one, "ependy ready")).toBe(true);
    expect(matches(one, "ependy schwannoma")).toBe(false);
    expect(matches(one, "  ")).toBe(true);
  });

  it("filters by state, counts them, and sorts by any column", () => {
    const all = [study("b", { lesions: 1 }), study("a", { lesions: 3, state: "approved" }), study("c")];
    expect(choose(all, "", "approved", { by: "added", down: true }).map(({ id }) => id)).toEqual(["a"]);
    expect(choose(all, "", "", { by: "title", down: false }).map(({ id }) => id)).toEqual(["a", "b", "c"]);
    expect(choose(all, "", "", { by: "lesions", down: true }).map(({ id }) => id)).toEqual(["a", "b", "c"]);
    expect(count(all)).toMatchObject({ "": 3, ready: 2, approved: 1, queued: 0 });
  });

  it("trusts what came by itself while the list was being asked for over the list", async () => {
    const asked = reload();
    put(study("a", { state: "ready" }));
    put(study("new"));
    drop("gone");
    answer([study("a", { state: "reading" }), study("gone"), study("b")]);
    await asked;
    expect(studies.value!.map(({ id, state }) => `${id} ${state}`)).toEqual(["new ready", "a ready", "b ready"]);
  });
});
