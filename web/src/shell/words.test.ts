import { describe, expect, it } from "vitest";
import { ago, bytes, percent, person, whyWords } from "./words";

const now = Date.parse("2026-03-10T12:00:00Z");

describe("words", () => {
  it.each([["2026-03-10T11:59:40Z", "just now"], ["2026-03-10T11:55:00Z", "5 min. ago"], ["2026-03-09T11:00:00Z", "yesterday"], ["2026-01-02T12:00:00Z", "2 Jan 2026"], ["", ""]])(
    "%s is %s", (at, words) => expect(ago(at, now)).toBe(words));

  it("never rounds a chance to none or to all", () => {
    expect([0.004, 0.996, 0.62, 0, 1].map(percent)).toEqual(["< 1", "> 99", "62", "0", "100"]);
  });

  it("tells why as a sentence", () => {
    expect(whyWords("ingest: input: expected an image, found a letter. Give a folder.")).toBe("Expected an image, found a letter. Give a folder.");
    expect(whyWords("ingest: expected an image, found none.")).toBe("Expected an image, found none.");
    expect(whyWords(null)).toBe("It could not be read.");
  });

  it("tells sizes and persons", () => {
    expect([999, 1500, 2_500_000, 41_000_000, 3e9].map(bytes)).toEqual(["999 B", "2 kB", "2.5 MB", "41 MB", "3.0 GB"]);
    expect(person({ patient: { name: "Muster^Erika^", sex: "female", age: 45.7 } } as never)).toBe("Muster, Erika · 45 years · female");
  });
});
