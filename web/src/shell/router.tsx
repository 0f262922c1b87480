/**
 * Where in the page one is. Addresses are the page's own state: each can be bookmarked, sent and gone back to.
 * Pages come when they are first opened; hovering over a link already fetches its page.
 */
import { signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";

export interface PageProps {
  params: Record<string, string>;
}
type Page = ComponentType<PageProps>;
type Load = () => Promise<{ default: Page }>;

export interface Route {
  pattern: RegExp;
  /** Of which part of the page: lights the entry in the bar, and the room is dark by default. */
  place: "worklist" | "room" | "report" | "atlas";
  load: Load;
}

export const routes: Route[] = [
  { pattern: /^\/$/, place: "worklist", load: () => import("../worklist") },
  { pattern: /^\/studies\/(?<id>[^/]+)\/report$/, place: "report", load: () => import("../report") },
  { pattern: /^\/studies\/(?<id>[^/]+)$/, place: "room", load: () => import("../room") },
  { pattern: /^\/atlas(?:\/(?<rest>.*))?$/, place: "atlas", load: () => import("../atlas") },
];

export interface Place {
  path: string;
  search: string;
  route: Route | null;
  params: Record<string, string>;
}

export function find(path: string, search = ""): Place {
  for (const route of routes) {
    const met = route.pattern.exec(path);
    if (!met) continue;
    const groups = Object.entries(met.groups ?? {}).filter(([, value]) => value !== undefined);
    return { path, search, route, params: Object.fromEntries(groups.map(([name, value]) => [name, decode(value)])) };
  }
  return { path, search, route: null, params: {} };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export const place = signal<Place>(find(location.pathname, location.search));
/** Counts the moves from page to page: the page that opens takes the focus then, and not when the site is first opened. */
export const moves = signal(0);

/** Go to an address of this page. `replace` leaves no step behind; `keep` leaves focus and scroll where they are. */
export function go(address: string, { replace = false, keep = false } = {}): void {
  const to = new URL(address, location.href);
  history[replace ? "replaceState" : "pushState"](null, "", to);
  const before = place.value;
  place.value = find(to.pathname, to.search);
  if (!keep && (before.path !== to.pathname || before.route !== place.value.route)) {
    moves.value += 1;
    if (!to.hash) scrollTo(0, 0);
  }
}

function ownAddress(event: Event): string | null {
  const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
  if (!(link instanceof HTMLAnchorElement) || link.origin !== location.origin) return null;
  if (link.target || link.hasAttribute("download") || link.pathname.startsWith("/api/")) return null;
  if (link.hash && link.pathname === location.pathname && link.search === location.search) return null;
  return link.pathname + link.search + link.hash;
}

/** Links within the page open without a reload; called once, at the start. */
export function followLinks(): void {
  addEventListener("popstate", () => {
    const before = place.value.path;
    place.value = find(location.pathname, location.search);
    if (before !== place.value.path) moves.value += 1;
  });
  document.addEventListener("click", (event) => {
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    const address = plain && !event.defaultPrevented ? ownAddress(event) : null;
    if (address === null) return;
    event.preventDefault();
    go(address);
  });
  for (const kind of ["pointerover", "focusin"]) {
    document.addEventListener(kind, (event) => {
      const address = ownAddress(event);
      if (address) find(address.split(/[?#]/)[0]!).route?.load().catch(() => undefined);
    });
  }
}

export const title = signal("");

/** The title of the window and of the tab; a screen reader hears it when one goes from page to page. */
export function useTitle(words: string): void {
  useEffect(() => {
    title.value = words;
    document.title = words ? `${words} · thecal` : "thecal";
  }, [words]);
}
