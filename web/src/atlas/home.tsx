/** Where the atlas begins: what is in it, in groups; by tag where one was asked for. */
import { useTitle } from "../shell/router";
import { index } from "./store";
import type { Entry } from "./types";

const compartments = [
  ["Intramedullary", ["intramedullary"]],
  ["Intradural extramedullary", ["intradural extramedullary"]],
  ["Extradural", ["extradural"]],
] as const;

export function Home({ tag }: { tag: string }) {
  useTitle(tag ? `${tag} · Atlas` : "Atlas");
  const all = index.value?.articles;
  if (!all) return <div class="page-wait" role="status"><span class="hidden-text">Opening</span></div>;
  const wanted = tag ? all.filter((one) => one.tags.includes(tag)) : all;
  const signs = wanted.filter((one) => one.about === "sign");
  const entities = wanted.filter((one) => one.about !== "sign");
  const tags = [...new Set(all.flatMap((one) => one.tags))].filter((one) => all.filter((other) => other.tags.includes(one)).length > 2).sort();
  return (
    <div class="atlas-home">
      <header>
        <h1>{tag ? `Atlas: ${tag}` : "Atlas"}</h1>
        <p class="quiet">
          {tag
            ? <>{wanted.length} articles. <a href="/atlas">All articles</a></>
            : <>{entities.length} articles on tumours of the spinal canal and what is mistaken for them, {signs.length} on signs. <a href="/atlas/gamuts">Gamuts by sign</a> · <a href="/atlas/compare">Compare two</a> · <a href="/atlas/cases">Cases</a></>}
        </p>
      </header>
      {compartments.map(([name, known]) => (
        <Group key={name} name={name} entries={entities.filter((one) => placeOf(one) === known[0])} />
      ))}
      <Group name="Elsewhere and related" entries={entities.filter((one) => placeOf(one) === "")} />
      <Group name="Signs" entries={signs} />
      {!tag && (
        <section class="atlas-group">
          <h2>Tags</h2>
          <p class="atlas-tags">{tags.map((one) => <a key={one} class="atlas-tag" href={`/atlas?tag=${encodeURIComponent(one)}`}>{one}</a>)}</p>
        </section>
      )}
    </div>
  );
}

/** Where an entity lies: the compartment its tags begin with. */
function placeOf(one: Entry): string {
  const first = one.tags.find((tag) => compartments.some(([, [known]]) => tag === known || tag === `${known} mimic`)) ?? "";
  return first.replace(/ mimic$/, "");
}

function Group({ name, entries }: { name: string; entries: Entry[] }) {
  if (!entries.length) return null;
  return (
    <section class="atlas-group">
      <h2>{name} <span class="faint number">{entries.length}</span></h2>
      <ul class="atlas-list">
        {[...entries].sort((a, b) => a.title.localeCompare(b.title)).map((one) => (
          <li key={one.code} class={one.about === "parent" ? "atlas-parent" : ""}><a href={`/atlas/${one.code}`}>{one.title}</a></li>
        ))}
      </ul>
    </section>
  );
}
