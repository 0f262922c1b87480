/** The atlas: search above, and below it the beginning, an article, a comparison or the gamuts. */
import "./atlas.css";
import { useEffect, useState } from "preact/hooks";
import { Button } from "../parts/button";
import { go, type PageProps, place } from "../shell/router";
import { AllCasesPage } from "./allcases";
import { ArticlePage } from "./article";
import { ComparePage } from "./compare";
import { GamutsPage } from "./gamuts";
import { Home } from "./home";
import { SearchBox } from "./searchbox";
import { index, loadIndex, offline, readOffline } from "./store";

export default function Atlas({ params }: PageProps) {
  const [failure, setFailure] = useState("");
  const load = (): void => {
    setFailure("");
    loadIndex().then(readOffline, (error: Error) => setFailure(error.message));
  };
  useEffect(load, []);
  const name = (params["rest"] ?? "").replace(/^signs\//, "").replace(/\/$/, "");
  const code = canonical(name);
  useEffect(() => {
    if (code && code !== name) go(`/atlas/${code}`, { replace: true, keep: true });
  }, [code, name]);
  return (
    <div class="atlas">
      <div class="atlas-top">
        <SearchBox />
        {offline.value && <p class="atlas-offline" role="status">Without the server: this is what your browser kept.</p>}
      </div>
      {failure && (
        <div class="page-lost">
          <h1>The atlas did not come</h1>
          <p class="quiet">{failure}</p>
          <Button kind="strong" onClick={load}>Try again</Button>
        </div>
      )}
      {!failure && <Opened name={name} code={code} />}
    </div>
  );
}

/** An article may be asked for by its code or its identifier. */
function canonical(name: string): string {
  const known = index.value?.articles.find((one) => one.identifier.toLowerCase() === name.toLowerCase());
  return known?.code ?? name;
}

function Opened({ name, code }: { name: string; code: string }) {
  const asked = new URLSearchParams(place.value.search);
  if (!name) return <Home tag={asked.get("tag") ?? ""} />;
  if (name === "compare") return <ComparePage a={asked.get("a") ?? ""} b={asked.get("b") ?? ""} />;
  if (name === "gamuts") return <GamutsPage />;
  if (name === "cases") return <AllCasesPage />;
  return <ArticlePage key={code} code={code} />;
}
