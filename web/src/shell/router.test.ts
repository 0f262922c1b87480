import { describe, expect, it } from "vitest";
import { find } from "./router";

describe("an address", () => {
  it.each([
    ["/", "worklist", {}],
    ["/studies/a1", "room", { id: "a1" }],
    ["/studies/a%2F1/report", "report", { id: "a/1" }],
    ["/atlas", "atlas", {}],
    ["/atlas/signs/cap_sign", "atlas", { rest: "signs/cap_sign" }],
    ["/studies/%E0%A4%A", "room", { id: "%E0%A4%A" }],
  ])("%s leads to its page", (path, where, params) => {
    const place = find(path);
    expect(place.route?.place).toBe(where);
    expect(place.params).toEqual(params);
  });

  it("that leads nowhere has no page", () => expect(find("/nowhere").route).toBeNull());
});
