import { expect, it } from "vitest";
import { moved, nextSeed } from "./order";

it("moves one and leaves the others in their order", () => {
  expect(moved(["a", "b", "c", "d"], 0, 2)).toEqual(["b", "c", "a", "d"]);
  expect(moved(["a", "b", "c", "d"], 3, 0)).toEqual(["d", "a", "b", "c"]);
});

it("offers the first simulated patient that is not in the list", () => {
  const have = [0, 1, 3].map((seed) => ({ kind: "example" as const, entity: "lipoma", seed, title: "" }));
  expect(nextSeed(have, "lipoma")).toBe(2);
  expect(nextSeed(have, "ependymoma")).toBe(0);
});
