/** The sections of a draft: their names, what was changed in them, and two drafts made into one. */
import type { Draft, KeyImage, SavedDraft } from "../api/types";

/** What the reader wrote. A section that is not in it reads as thecal words it, and follows the reading. */
export interface Text {
  sections: Record<string, string>;
  key_images: KeyImage[];
}
type Words = Record<string, string>;

export const textOf = ({ sections, key_images }: Pick<Draft, "sections" | "key_images">, suggested: Words): Text => ({
  sections: Object.fromEntries(Object.entries(sections).filter(([name, words]) => words !== suggested[name])),
  key_images,
});

/** What stands in a section. */
export const said = (text: Text, suggested: Words, name: string): string => text.sections[name] ?? suggested[name] ?? "";

/** The text with other words in a section; thecal's own words are not kept as the reader's. */
export function withWords(text: Text, suggested: Words, name: string, words: string | undefined): Text {
  const { [name]: _, ...sections } = text.sections;
  return { ...text, sections: words === undefined || words === suggested[name] ? sections : { ...sections, [name]: words } };
}

export const sameText = (a: Text, b: Text): boolean => differing(a, b).length === 0 && sameImages(a, b);
const sameImages = (a: Text, b: Text): boolean => JSON.stringify(a.key_images) === JSON.stringify(b.key_images);

export function differing(a: Text, b: Text): string[] {
  const names = new Set([...Object.keys(a.sections), ...Object.keys(b.sections)]);
  return [...names].filter((name) => a.sections[name] !== b.sections[name]);
}

/** Mine and theirs in one, where no section was changed in both; else null. */
export function merge(origin: Text, mine: Text, theirs: Text): Text | null {
  let merged = theirs;
  for (const name of differing(origin, mine)) {
    const [was, my, their] = [origin, mine, theirs].map((text) => text.sections[name]);
    if (their !== was && their !== my) return null;
    merged = withWords(merged, {}, name, my);
  }
  if (sameImages(origin, mine)) return { ...merged, key_images: theirs.key_images };
  if (sameImages(origin, theirs)) return { ...merged, key_images: mine.key_images };
  return { ...merged, key_images: joinImages(origin, mine, theirs) };
}

/** Images that either added stay; what either took away goes. */
function joinImages(origin: Text, mine: Text, theirs: Text): KeyImage[] {
  const had = new Set(origin.key_images.map(({ png }) => png));
  const here = new Set(mine.key_images.map(({ png }) => png));
  const there = new Set(theirs.key_images.map(({ png }) => png));
  const kept = mine.key_images.filter(({ png }) => there.has(png) || !had.has(png));
  return [...kept, ...theirs.key_images.filter(({ png }) => !here.has(png) && !had.has(png))];
}

const names: Record<string, string> = {
  emergency: "Emergency", clinical: "Clinical information", clinical_information: "Clinical information", comparison: "Comparison",
  technique: "Technique", findings: "Findings", not_assessed: "Not assessed", impression: "Impression", differential: "What it may be",
  next_imaging: "Next in imaging",
};

export function sectionName(code: string): string {
  const text = names[code] ?? code.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export type Part = { kind: "same" | "new" | "gone"; text: string };

/** What became of a text, word by word (longest common run of words). */
export function compare(before: string, after: string): Part[] {
  const [a, b] = [words(before), words(after)];
  if (a.length * b.length > 4_000_000) return [{ kind: "gone", text: before }, { kind: "new", text: after }];
  const wide = b.length + 1;
  const run = new Uint16Array((a.length + 1) * wide);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      run[i * wide + j] = a[i] === b[j] ? run[(i + 1) * wide + j + 1]! + 1 : Math.max(run[(i + 1) * wide + j]!, run[i * wide + j + 1]!);
    }
  }
  const parts: Part[] = [];
  const say = (kind: Part["kind"], text: string): void => {
    const last = parts[parts.length - 1];
    if (last?.kind === kind) last.text += text;
    else parts.push({ kind, text });
  };
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) [i, j] = (say("same", a[i]!), [i + 1, j + 1]);
    else if (j >= b.length || (i < a.length && run[(i + 1) * wide + j]! >= run[i * wide + j + 1]!)) say("gone", a[i++]!);
    else say("new", b[j++]!);
  }
  return parts;
}

const words = (text: string): string[] => text.match(/\S+\s*|\s+/g) ?? [];

export interface Version extends SavedDraft {
  /** How many saved states this one stands for. */
  saves: number;
}

/** Saved states that follow each other within five minutes, by one person, shown as the last of them; newest first. */
export function gather(drafts: SavedDraft[]): Version[] {
  const shown: Version[] = [];
  for (const draft of [...drafts].sort((a, b) => b.version - a.version)) {
    const last = shown[shown.length - 1];
    if (last && last.by === draft.by && Date.parse(last.at) - Date.parse(draft.at) < 300_000) last.saves += 1;
    else shown.push({ ...draft, saves: 1 });
  }
  return shown;
}
