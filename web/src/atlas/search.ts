/**
 * Search over the names, tags and words of the articles, in the browser, while one types.
 *
 * Words are brought to one spelling first (tumour and tumor, haemangioma and hemangioma, metastases and metastasis), then each
 * word asked for is held against every word of a name: the same, its beginning, or one or two slips away. The words of all
 * names are few, so that each is looked at once for a question.
 */
import type { Entry, Gamut, Index } from "./types";

export interface Hit {
  kind: "article" | "gamut";
  code: string;
  state?: string;
  title: string;
  /** What matched, where it is not the title. */
  matched: string;
  about: string;
  score: number;
}

interface Name {
  target: number;
  text: string;
  words: number[];
  worth: number;
}

interface Target {
  kind: "article" | "gamut";
  code: string;
  state?: string;
  title: string;
  about: string;
  words: string;
}

export interface Searcher {
  search: (question: string, limit?: number) => Hit[];
}

const title = 1;
const synonym = 0.98;
const tag = 0.72;
const gamut = 0.9;
const inText = 0.45;
const enough = 0.55;
const idle = new Set(["of", "the", "in", "a", "an", "and", "or", "with", "by", "to", "for"]);

export function createSearcher(index: Index): Searcher {
  const vocabulary = new Map<string, number>();
  const targets: Target[] = [];
  const names: Name[] = [];
  const number = (word: string): number => {
    const known = vocabulary.get(word);
    if (known !== undefined) return known;
    vocabulary.set(word, vocabulary.size);
    return vocabulary.size - 1;
  };
  const add = (text: string, worth: number): void => {
    names.push({ target: targets.length - 1, text, words: split(text).map(number), worth });
  };
  for (const one of index.articles) addArticle(one, targets, add);
  for (const one of index.gamuts) addGamut(one, targets, add);
  const words = [...vocabulary.keys()];
  return { search: (question, limit = 12) => answer(question, limit, words, names, targets) };
}

function addArticle(one: Entry, targets: Target[], add: (text: string, worth: number) => void): void {
  targets.push({ kind: "article", code: one.code, title: one.title, about: one.about, words: ` ${[...new Set(split(one.words))].join(" ")} ` });
  add(one.title, title);
  for (const name of one.names) if (name !== one.title) add(name, synonym);
  for (const name of one.tags) add(name, tag);
}

function addGamut(one: Gamut, targets: Target[], add: (text: string, worth: number) => void): void {
  const name = `${one.finding_name}: ${one.state_name}`;
  targets.push({ kind: "gamut", code: one.finding, state: one.state, title: name, about: "gamut", words: "" });
  add(name, gamut);
}

function answer(question: string, limit: number, vocabulary: string[], names: Name[], targets: Target[]): Hit[] {
  const asked = split(question);
  if (!asked.length) return [];
  const likeness = asked.map((word, place) => vocabulary.map((known) => likeWord(word, known, place === asked.length - 1)));
  const best = new Map<number, { score: number; name: Name | null }>();
  for (const name of names) {
    const score = likeName(likeness, name) * name.worth;
    if (score >= enough * name.worth && score > (best.get(name.target)?.score ?? 0)) best.set(name.target, { score, name });
  }
  targets.forEach((target, place) => {
    if (!best.has(place) && target.words && asked.every((word) => target.words.includes(` ${word}`))) best.set(place, { score: inText, name: null });
  });
  return [...best]
    .map(([place, { score, name }]) => ({ ...shown(targets[place]!), matched: name ? beside(name.text, targets[place]!.title) : "in the text", score }))
    .sort((a, b) => b.score - a.score || a.title.length - b.title.length)
    .slice(0, limit);
}

/** The name that matched, where the title does not hold it. */
const beside = (name: string, above: string): string => (fold(above).includes(fold(name)) ? "" : name);

const shown = ({ words: _, ...rest }: Target): Omit<Target, "words"> => rest;

/** How much of the question a name answers, and how much of the name was asked for. */
function likeName(likeness: number[][], name: Name): number {
  let found = 0;
  const met = new Set<number>();
  for (const row of likeness) {
    let top = 0;
    let at = -1;
    for (const word of name.words) if (row[word]! > top) [top, at] = [row[word]!, word];
    found += top;
    if (at >= 0) met.add(at);
  }
  const answered = found / likeness.length;
  const covered = name.words.length ? met.size / name.words.length : 0;
  return answered * (0.82 + 0.18 * covered);
}

/** 1 for the same word; less for its beginning, and for one or two slips of the pen. */
export function likeWord(asked: string, known: string, beginning: boolean): number {
  if (asked === known) return 1;
  if (known.startsWith(asked) && (beginning || asked.length >= 4)) return beginning ? 0.95 : 0.85;
  const allowed = asked.length >= 8 ? 2 : asked.length >= 4 ? 1 : 0;
  if (!allowed || asked[0] !== known[0] && asked.length < 6) return 0;
  const against = beginning && known.length > asked.length + allowed ? known.slice(0, asked.length) : known;
  const slips = distance(asked, against, allowed);
  if (slips > allowed) return 0;
  return (slips === 1 ? 0.84 : 0.74) - (against === known ? 0 : 0.06);
}

/** Slips between two words: a letter more, less, other, or two changed about; stops above `most`. */
export function distance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let older: number[] = [];
  let old = Array.from({ length: b.length + 1 }, (_, place) => place);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let value = Math.min(old[j]! + 1, row[j - 1]! + 1, old[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) value = Math.min(value, older[j - 2]! + 1);
      row.push(value);
      if (value < least) least = value;
    }
    if (least > most) return most + 1;
    older = old;
    old = row;
  }
  return old[b.length]!;
}

export function split(text: string): string[] {
  const words = fold(text).split(" ").filter(Boolean);
  const told = words.filter((word) => !idle.has(word));
  return told.length ? told : words;
}

const spellings: [RegExp, string][] = [
  [/oe|ae/g, "e"],
  [/our(?=$|s$|ed$|al$)/g, "or"],
  [/is(?=(e|ed|es|ing|ation|ations)$)/g, "iz"],
  [/ys(?=(e|ed|es|ing)$)/g, "yz"],
  [/(\w)re$/g, "$1er"],
  [/ph/g, "f"],
  [/mata$/g, "ma"],
  [/([aeo])ses$/g, "$1sis"],
  [/ies$/g, "y"],
  [/([^s])s$/g, "$1"],
];

/** One spelling for British and American, singular and plural; without accents and signs. */
export function fold(text: string): string {
  const plain = text.toLowerCase().normalize("NFKD").replace(/[\u0300-\u036f]/g, "").replace(/[^a-z0-9]+/g, " ").trim();
  return plain.split(" ").map((word) => (/\d/.test(word) || word.length < 4 ? word : spellings.reduce((now, [from, to]) => now.replace(from, to), word))).join(" ");
}
