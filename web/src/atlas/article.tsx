/** An article: its sections, counts, images, cases, and where all of it comes from. */
import { useEffect, useState } from "preact/hooks";
import { Button } from "../parts/button";
import { go, useTitle } from "../shell/router";
import { Cases } from "./cases";
import { Evidence } from "./evidence";
import { Examples } from "./examples";
import { SignGamut } from "./gamuts";
import { Blocks, Citing, ReferenceText } from "./runs";
import { Share } from "./share";
import { article as load, atHand, loadIndex } from "./store";
import type { Article, Link, Part } from "./types";

export function ArticlePage({ code }: { code: string }) {
  const [told, setTold] = useState<Article | undefined>(atHand(code));
  const [failure, setFailure] = useState("");
  useTitle(told ? `${told.title} · Atlas` : "Atlas");
  useEffect(() => {
    let stale = false;
    if (!told) load(code).then((one) => !stale && setTold(one), (error: Error) => !stale && setFailure(error.message));
    return () => void (stale = true);
  }, [code]);
  useEffect(() => { if (told && location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView(); }, [told]);
  if (failure) return <Missing code={code} why={failure} />;
  if (!told) return <div class="page-wait" role="status"><span class="hidden-text">Opening</span></div>;
  return <Shown article={told} />;
}

function Missing({ code, why }: { code: string; why: string }) {
  return (
    <div class="page-lost">
      <h1>This article did not come</h1>
      <p class="quiet">{why}</p>
      <p><a href="/atlas">All articles</a></p>
      <Button onClick={() => { void loadIndex(); go(`/atlas/${code}`, { replace: true }); location.reload(); }}>Try again</Button>
    </div>
  );
}

interface Section {
  id: string;
  title: string;
  parts: Part[];
}

/** Parts of level 1 with the modalities below them; the differential diagnosis by signs follows as it is written. */
function sectionsOf(article: Article): Section[] {
  const sections: Section[] = [];
  for (const part of article.parts) {
    if (part.level === 1) sections.push({ id: slug(part.title), title: part.title, parts: [part] });
    else sections.at(-1)?.parts.push(part);
  }
  return sections;
}

const slug = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]+/g, "-");

function Shown({ article }: { article: Article }) {
  const sections = sectionsOf(article);
  const sign = article.about === "sign";
  const counts = article.evidence.length + article.mentions.length > 0;
  const outline = [
    ...sections.map(({ id, title }) => ({ id, title })),
    ...(counts ? [{ id: "counts", title: sign ? "Gamut" : "Published counts" }] : []),
    ...(article.example.length ? [{ id: "images", title: "Simulated images" }] : []),
    { id: "cases", title: "Cases" },
    ...(hasRelated(article) ? [{ id: "related", title: "Related" }] : []),
    { id: "references", title: "References" },
    { id: "history", title: "History" },
  ];
  return (
    <div class="article-frame">
      <Outline entries={outline} />
      <article class="article">
        <Citing references={article.references}>
          <Head article={article} />
          {sections.map((section, number) => (
            <section key={section.id} id={section.id} class={number === 0 ? "article-summary" : ""}>
              <h2>{section.title}</h2>
              {section.parts.map((part) => (
                <div key={part.title}>
                  {part.level > 1 && <h3>{part.title}</h3>}
                  <Blocks blocks={part.blocks} />
                </div>
              ))}
            </section>
          ))}
          {counts && (
            <section id="counts" class="article-wide">
              <h2>{sign ? "Gamut" : "Published counts"}</h2>
              <p class="quiet small">Added over the series, each by its weight; the interval is the 90 % interval of that share. The differential is reckoned from these same counts.</p>
              {sign ? <SignGamut article={article} /> : <Evidence rows={article.evidence} code={article.code} />}
            </section>
          )}
          {article.example.length > 0 && (
            <section id="images" class="article-wide">
              <h2>Simulated images</h2>
              <Examples article={article} />
            </section>
          )}
          <section id="cases" class="article-wide">
            <h2>Cases</h2>
            <Cases article={article} />
          </section>
          {hasRelated(article) && <Related article={article} />}
          <section id="references">
            <h2>References</h2>
            <ol class="references">{article.references.map((one, number) => <li key={one.key} id={`ref-${number + 1}`}><ReferenceText one={one} /></li>)}</ol>
          </section>
          <History article={article} />
        </Citing>
      </article>
    </div>
  );
}

function Head({ article }: { article: Article }) {
  const kind = { entity: "Entity", parent: "Group of entities", sign: "Sign", related: "Related article" }[article.about];
  return (
    <header class="article-head">
      <p class="article-kind">
        <span>{kind}</span> <span class="number">{article.identifier}</span>
        {article.family.parent && <> · part of <a href={`/atlas/${article.family.parent.code}`}>{article.family.parent.title}</a></>}
      </p>
      <h1>{article.title}</h1>
      {article.synonyms.length > 0 && <p class="article-synonyms">Also: {article.synonyms.join("; ")}</p>}
      {article.definition && <p class="article-definition">{article.definition}</p>}
      <p class="article-review">
        {article.reviewed_by
          ? <span class="badge badge-good">Reviewed by {article.reviewed_by}</span>
          : <span class="badge badge-warn">Unreviewed</span>}
        <span class="quiet small">{article.reviewed_by ? "" : "No radiologist has read this article yet. "}Revision {article.revisions.at(-1)!.number} of {article.revisions.at(-1)!.date}</span>
      </p>
      <p class="print-only small">{location.origin}/atlas/{article.code}</p>
      <Share article={article} />
      <p class="atlas-tags">{article.tags.map((tag) => <a key={tag} class="atlas-tag" href={`/atlas?tag=${encodeURIComponent(tag)}`}>{tag}</a>)}</p>
    </header>
  );
}

/** The sections, with the one that is being read marked. */
function Outline({ entries }: { entries: { id: string; title: string }[] }) {
  const [here, setHere] = useState(entries[0]?.id);
  useEffect(() => {
    const seen = new Set<string>();
    const watch = new IntersectionObserver((changes) => {
      for (const change of changes) change.isIntersecting ? seen.add(change.target.id) : seen.delete(change.target.id);
      const first = entries.find((one) => seen.has(one.id));
      if (first) setHere(first.id);
    }, { rootMargin: "-110px 0px -55% 0px" });
    for (const { id } of entries) {
      const part = document.getElementById(id);
      if (part) watch.observe(part);
    }
    return () => watch.disconnect();
  }, [entries.map((one) => one.id).join()]);
  return (
    <nav class="outline" aria-label="In this article">
      <ul>{entries.map((one) => <li key={one.id}><a href={`#${one.id}`} aria-current={here === one.id ? "location" : undefined}>{one.title}</a></li>)}</ul>
    </nav>
  );
}

const hasRelated = (article: Article): boolean => article.related.length + article.family.children.length > 0;

function Related({ article }: { article: Article }) {
  const compared = article.about === "entity" || article.about === "parent";
  const line = (one: Link) => (
    <li key={one.code}>
      <a href={`/atlas/${one.code}`}>{one.title}</a>
      {compared && (one.about === "entity" || one.about === "parent") && <a class="faint small" href={`/atlas/compare?a=${article.code}&b=${one.code}`}>compare</a>}
    </li>
  );
  const children = article.family.children.filter((child) => !article.related.some((one) => one.code === child.code));
  return (
    <section id="related">
      <h2>Related</h2>
      <ul class="related">{[...article.family.children.filter((child) => !children.includes(child)), ...children].map(line)}
        {article.related.filter((one) => !article.family.children.some((child) => child.code === one.code)).map(line)}</ul>
    </section>
  );
}

function History({ article }: { article: Article }) {
  return (
    <section id="history">
      <h2>History</h2>
      <ol class="history">
        {[...article.revisions].reverse().map((one) => <li key={one.number}><span class="number">Revision {one.number}, {one.date}</span>: {one.what}</li>)}
      </ol>
      <p class="quiet small">{article.reviewed_by ? `Reviewed by ${article.reviewed_by}.` : "Not reviewed by a radiologist."} Every sentence stands with the number of what it rests on.</p>
    </section>
  );
}
