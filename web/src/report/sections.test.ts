import { describe, expect, it } from "vitest";
import { compare, gather, merge, said, type Text, textOf, withWords } from "./sections";

const image = (png: string) => ({ png, caption: "" });
const text = (sections: Record<string, string>, images: string[] = []): Text => ({ sections, key_images: images.map(image) });
const suggested = { impression: "Ependymoma.", findings: "A lesion." };

describe("a draft", () => {
  it("keeps the reader's words alone, so that untouched sections follow the reading", () => {
    const own = textOf({ sections: { impression: "Ependymoma.", findings: "Two lesions." }, key_images: [] }, suggested);
    expect(own.sections).toEqual({ findings: "Two lesions." });
    expect(said(own, { ...suggested, impression: "Schwannoma." }, "impression")).toBe("Schwannoma.");
    expect(withWords(own, suggested, "findings", "A lesion.").sections).toEqual({});
    expect(withWords(own, suggested, "findings", "").sections).toEqual({ findings: "" });
  });

  it("is merged where two windows wrote in different sections", () => {
    expect(merge(text({}), text({ impression: "mine" }), text({ findings: "theirs" }))).toEqual(text({ findings: "theirs", impression: "mine" }));
    expect(merge(text({ findings: "was" }), text({}), text({ findings: "was", impression: "theirs" }))).toEqual(text({ impression: "theirs" }));
  });

  it("is not merged where both wrote in the same section differently", () => {
    expect(merge(text({}), text({ impression: "mine" }), text({ impression: "theirs" }))).toBeNull();
    expect(merge(text({}), text({ impression: "one" }), text({ impression: "one" }))).toEqual(text({ impression: "one" }));
  });

  it("keeps images that either window added, and drops what either took away", () => {
    expect(merge(text({}, ["a", "b"]), text({}, ["a", "c"]), text({}, ["b", "a", "d"]))?.key_images.map(({ png }) => png)).toEqual(["a", "c", "d"]);
  });
});

describe("two texts", () => {
  it("are compared word by word, and nothing of either is lost", () => {
    const parts = compare("Mass at C4 to C6.", "Solid mass at C4 to C7.");
    const side = (leave: string): string => parts.filter(({ kind }) => kind !== leave).map(({ text: words }) => words).join("");
    expect(side("new")).toBe("Mass at C4 to C6.");
    expect(side("gone")).toBe("Solid mass at C4 to C7.");
    expect(parts).toContainEqual({ kind: "same", text: "at C4 to " });
  });
});

describe("versions", () => {
  it("that follow each other at once are shown as the last of them", () => {
    const at = (version: number, minute: number, by = "anna") => ({ version, by, at: `2026-03-10T12:${String(minute).padStart(2, "0")}:00Z`, sections: {}, key_images: [] });
    expect(gather([at(1, 0), at(2, 1), at(3, 20), at(4, 21, "ben"), at(5, 22)]).map(({ version, saves }) => [version, saves])).toEqual([[5, 1], [4, 1], [3, 1], [2, 2]]);
  });
});
