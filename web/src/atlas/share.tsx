/** Pass an article on: its address, a citation, a print; and hold it beside another. */
import { useState } from "preact/hooks";
import { Button } from "../parts/button";
import { Menu } from "../parts/menu";
import { toast } from "../parts/toast";
import { send } from "../api/client";
import { go } from "../shell/router";
import { Chooser } from "./chooser";
import type { Article } from "./types";

export function Share({ article }: { article: Article }) {
  const [choosing, setChoosing] = useState(false);
  const address = `${location.origin}/atlas/${article.code}`;
  const cited = `/api/atlas/articles/${article.code}/cite`;
  const copy = async (text: Promise<string> | string, what: string): Promise<void> => {
    try {
      await navigator.clipboard.writeText(await text);
      toast(`${what} copied`, "good");
    } catch {
      toast(`${what} could not be copied: the browser does not allow it`, "bad");
    }
  };
  const citation = async (): Promise<string> => (await (await send("GET", `${cited}.txt`, undefined)).text()).trim();
  const compared = article.about === "entity" || article.about === "parent";
  return (
    <div class="share">
      <Button size="s" icon="link" onClick={() => void copy(address, "Address")}>Copy link</Button>
      <Menu label="Cite" size="s" kind="plain" icon="file" entries={[
        { name: "Copy citation", icon: "copy", run: () => void copy(citation(), "Citation") },
        { name: "BibTeX", icon: "download", detail: "for LaTeX", href: `${cited}.bib`, download: true },
        { name: "RIS", icon: "download", detail: "for Zotero, EndNote", href: `${cited}.ris`, download: true },
      ]}>Cite</Menu>
      {compared && <Button size="s" icon="forward" onClick={() => setChoosing(true)}>Compare</Button>}
      <Button size="s" icon="file" onClick={() => print()}>Print</Button>
      {compared && (
        <Chooser open={choosing} title={`Compare ${article.title} with`} except={article.code} onClose={() => setChoosing(false)}
          onChoose={(code) => { setChoosing(false); go(`/atlas/compare?a=${article.code}&b=${code}`); }} />
      )}
    </div>
  );
}
