import { describe, expect, it } from "vitest";
import { plan } from "./gather";

const found = (...paths: string[]) => paths.map((path) => ({ path, file: new File(["x"], path.split("/").pop()!) }));

describe("what was dropped", () => {
  it("becomes a study for each zip and each folder, and one for loose files", () => {
    const plans = plan(found("one.zip", "two.ZIP", "spine/T2/1.dcm", "spine/T1/1.dcm", "t2.nii.gz", "t1.nii.gz"));
    expect(plans.map(({ title, files }) => [title, files.length])).toEqual([["one", 1], ["two", 1], ["spine", 2], ["t2 and 1 more", 2]]);
  });

  it("leaves aside what the system put there, and empty files", () => {
    expect(plan([...found("spine/.DS_Store", "spine/1.dcm", "__MACOSX/spine/1.dcm", "Thumbs.db"), { path: "empty.dcm", file: new File([], "empty.dcm") }]))
      .toMatchObject([{ title: "spine", files: [{ path: "spine/1.dcm" }] }]);
  });
});
