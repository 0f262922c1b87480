import { describe, expect, it } from "vitest";
import { createSearcher, distance, fold } from "./search";
import type { Index } from "./types";

const entry = (code: string, title: string, names: string[], tags: string[] = [], words = "") =>
  ({ code, identifier: "TA0001", title, about: "entity" as const, lead: "", names, tags, words });

const index: Index = {
  digest: "d",
  articles: [
    entry("haemangioblastoma", "Spinal haemangioblastoma", ["haemangioblastoma", "Lindau tumour"], ["vascular"], "nidus cyst"),
    entry("leptomeningeal_metastases", "Leptomeningeal (intradural extramedullary) metastases of the spine",
      ["disseminated spinal leptomeningeal metastases", "leptomeningeal carcinomatosis"]),
    entry("meningioma", "Spinal meningioma", ["meningioma"], ["dural"], "psammoma"),
  ],
  gamuts: [{ finding: "leptomeningeal_pattern", state: "diffuse", finding_name: "Leptomeningeal pattern", state_name: "diffuse", counted: [], described: [] }],
};
const searcher = createSearcher(index);
const first = (question: string) => searcher.search(question)[0]?.code;

describe("search of the atlas", () => {
  it("takes British and American spelling for one", () => {
    expect(first("hemangioblastoma")).toBe("haemangioblastoma");
    expect(first("lindau tumor")).toBe("haemangioblastoma");
    expect(fold("haemorrhages of tumours, oedema; metastases centre")).toBe(fold("hemorrhage of tumor, edema; metastasis center"));
  });

  it("forgives slips of the pen", () => {
    expect(first("menigioma")).toBe("meningioma");
    expect(first("hemangoblastoma")).toBe("haemangioblastoma");
    expect(first("leptomenigeal carcinomatosis")).toBe("leptomeningeal_metastases");
  });

  it("finds an article by a synonym of its own and while one types", () => {
    expect(first("disseminated spinal leptomeningeal metastases")).toBe("leptomeningeal_metastases");
    expect(first("menin")).toBe("meningioma");
    expect(first("leptomen")).toBe("leptomeningeal_metastases");
  });

  it("finds a gamut, and what stands in the text alone after what a name says", () => {
    expect(searcher.search("diffuse leptomeningeal pattern")[0]).toMatchObject({ kind: "gamut", state: "diffuse" });
    expect(searcher.search("psammoma")[0]).toMatchObject({ code: "meningioma", matched: "in the text" });
  });

  it("finds nothing for nothing and for words of another trade", () => {
    expect(searcher.search("  ")).toEqual([]);
    expect(searcher.search("zzzz qqqq")).toEqual([]);
  });

  it("counts slips and stops early", () => {
    expect(distance("schwanoma", "schwannoma", 2)).toBe(1);
    expect(distance("ependymoma", "epednymoma", 2)).toBe(1);
    expect(distance("lipoma", "meningioma", 2)).toBeGreaterThan(2);
  });
});
