/** Colours and names of the codes in the label maps. */

/** Red, green, blue as the canvas stores them: 0xBBGGRR. */
const bgr = (hex: string): number => {
  const value = parseInt(hex, 16);
  return ((value & 0xff) << 16) | (value & 0xff00) | (value >> 16);
};

const css = (colour: number): string =>
  `rgb(${colour & 255} ${(colour >> 8) & 255} ${(colour >> 16) & 255})`;

export interface Named {
  readonly code: number;
  readonly name: string;
  readonly colour: number;
}

const named = (rows: readonly (readonly [number, string, string])[]): readonly Named[] =>
  rows.map(([code, name, hex]) => ({ code, name, colour: bgr(hex) }));

export const TISSUES = named([
  [1, "enhancing tumour", "ff5a4d"], [2, "solid tumour without enhancement", "ff9f40"], [3, "oedema", "5aa9ff"],
  [4, "tumoral cyst", "45d8e0"], [5, "haemorrhage or haemosiderin", "c0392b"], [6, "leptomeningeal enhancement", "ffe04d"],
  [7, "cord T2 change that is itself the lesion", "b48cff"], [8, "tumour, enhancement not assessed", "ff7ac0"],
  [9, "extramedullary cyst", "49c5a6"], [10, "extradural or bone lesion", "d98b5f"], [11, "polar cyst", "7fe3ff"], [12, "syrinx", "3f7fe0"],
]);

const VERTEBRAE = ["e6c84f", "d49a3a"].map(bgr);
const DISCS = bgr("6f8fb5");
const CANAL = new Map<number, number>([[1, bgr("63d471")], [2, bgr("f0e27a")], [3, bgr("a07cc5")]]);
const INSTANCES = ["ff5a4d", "5aa9ff", "ffe04d", "63d471", "b48cff", "ff9f40", "45d8e0", "ff7ac0"].map(bgr);

export const isVertebra = (code: number): boolean => (code >= 11 && code <= 17) || (code >= 21 && code <= 33) || (code >= 41 && code <= 46) || code === 50;
export const isDisc = (code: number): boolean => code >= 63 && code <= 100;

export function anatomyColour(code: number): number | null {
  const canal = CANAL.get(code);
  if (canal !== undefined) return canal;
  if (isVertebra(code)) return VERTEBRAE[code % 2]!;
  return isDisc(code) ? DISCS : null;
}

export const tissueColour = (code: number): number | null => TISSUES.find((tissue) => tissue.code === code)?.colour ?? null;
export const tissueCss = (code: number): string => css(tissueColour(code) ?? 0xffffff);
export const tissueName = (code: number): string => TISSUES.find((tissue) => tissue.code === code)?.name ?? `code ${code}`;
export const instanceColour = (code: number): number | null => (code > 0 ? INSTANCES[(code - 1) % INSTANCES.length]! : null);
export const instanceCss = (code: number): string => css(instanceColour(code) ?? 0xffffff);

/** C5, T12, L3, S1 for a vertebra's code; null for anything else. */
export function vertebraName(code: number): string | null {
  if (!isVertebra(code)) return null;
  if (code === 50) return "S1";
  if (code < 20) return `C${code - 10}`;
  return code < 40 ? `T${code - 20}` : `L${code - 40}`;
}

/** Vertebrae from C1 to the sacrum, for a reader to choose from. */
export const LEVELS: readonly string[] = [
  ...Array.from({ length: 7 }, (_, n) => `C${n + 1}`), ...Array.from({ length: 12 }, (_, n) => `T${n + 1}`),
  ...Array.from({ length: 5 }, (_, n) => `L${n + 1}`), "S1",
];
