/** All cases of the atlas, article by article. */
import { useEffect, useState } from "preact/hooks";
import { get } from "../api/client";
import { useTitle } from "../shell/router";
import { nameOf } from "./order";
import type { Case } from "./types";

interface Attached {
  code: string;
  title: string;
  cases: Case[];
}

export function AllCasesPage() {
  useTitle("Cases · Atlas");
  const [told, setTold] = useState<Attached[] | null>(null);
  const [failure, setFailure] = useState("");
  useEffect(() => { get<Attached[]>("/api/atlas/cases").then(setTold, (error: Error) => setFailure(error.message)); }, []);
  return (
    <div class="atlas-home">
      <header>
        <h1>Cases</h1>
        <p class="quiet" role="status">{failure || (told === null ? "Fetching the cases" : told.length === 0 ? "No case is attached to an article yet. An article's Cases section adds them." : "As they are ordered under their articles.")}</p>
      </header>
      {told?.map((one) => (
        <section key={one.code} class="atlas-group">
          <h2><a href={`/atlas/${one.code}#cases`}>{one.title}</a> <span class="faint number">{one.cases.length}</span></h2>
          <ol class="case-lines">{one.cases.map((each, number) => <li key={number}>{each.kind === "study" ? <a href={`/studies/${each.study}`}>{nameOf(each)}</a> : nameOf(each)}</li>)}</ol>
        </section>
      ))}
    </div>
  );
}
