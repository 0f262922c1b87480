/** The frame around every page: the bar, the page that is open, messages, and the list of keys. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { ComponentType } from "preact";
import { reachable, signedIn } from "../api/client";
import { Button } from "../parts/button";
import { Icon } from "../parts/icon";
import { Menu } from "../parts/menu";
import { Toasts } from "../parts/toast";
import { KeyHelp } from "./help";
import { helpShown, useKeys } from "./keys";
import { go, moves, type PageProps, place, type Route, title } from "./router";
import { chooseTheme, theme, type Theme } from "./theme";

export function App() {
  useKeys([
    { keys: "?", does: "Show the keys that work here", group: "Everywhere", run: () => (helpShown.value = !helpShown.value) },
    { keys: "g w", does: "Go to the worklist", group: "Everywhere", run: () => go("/") },
    { keys: "g a", does: "Go to the atlas", group: "Everywhere", run: () => go("/atlas") },
  ]);
  const where = place.value.route?.place;
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>Skip to the page</a>
      <Bar where={where} />
      <main id="main" tabIndex={-1} class={`page page-${where ?? "none"}`}>
        <Opened />
      </main>
      <p class="hidden-text" role="status">{moves.value > 0 && title.value}</p>
      <Toasts />
      <KeyHelp />
    </>
  );
}

function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

const themes: { value: Theme; name: string; icon: "sun" | "moon" | "screen" }[] = [
  { value: "system", name: "As the system", icon: "screen" },
  { value: "light", name: "Light", icon: "sun" },
  { value: "dark", name: "Dark", icon: "moon" },
];

function Bar({ where }: { where: string | undefined }) {
  return (
    <header class="bar">
      <a class="brand" href="/" aria-label="thecal: worklist">
        <img src="/mark.svg" alt="" width="22" height="22" />
        <span aria-hidden="true">thecal</span>
      </a>
      <nav class="bar-nav" aria-label="Places">
        <a href="/" aria-current={where === "worklist" ? "page" : undefined}>Worklist</a>
        <a href="/atlas" aria-current={where === "atlas" ? "page" : undefined}>Atlas</a>
      </nav>
      <div class="bar-middle" id="bar-middle" />
      <Connection />
      <Menu
        label="Theme"
        icon={themes.find((one) => one.value === theme.value)!.icon}
        entries={themes.map((one) => ({ name: one.name, icon: one.icon, chosen: one.value === theme.value, run: () => chooseTheme(one.value) }))}
      />
      <Button kind="quiet" icon="keyboard" label="Keys" class="bar-keys" onClick={() => (helpShown.value = true)} />
    </header>
  );
}

/** Says that the server does not answer, for as long as it does not. */
function Connection() {
  const text = !signedIn.value
    ? "Signed out: open the address that thecal serve printed"
    : reachable.value ? "" : "The server does not answer; trying again";
  return (
    <div class="connection" role="status">
      {text && <span class="connection-lost"><Icon name="warning" />{text}</span>}
    </div>
  );
}

type Got = { route: Route; Page: ComponentType<PageProps> } | { route: Route; failed: true };

function Opened() {
  const { route, params, path } = place.value;
  const [got, setGot] = useState<Got | null>(null);
  const [tries, setTries] = useState(0);
  const moved = moves.value;
  const focused = useRef(0);
  useEffect(() => {
    if (!route) return;
    let stale = false;
    route.load().then(
      (page) => !stale && setGot({ route, Page: page.default }),
      () => !stale && setGot({ route, failed: true }),
    );
    return () => void (stale = true);
  }, [route, tries]);
  useEffect(() => {
    if (focused.current === moved || (route && got?.route !== route)) return;
    focused.current = moved;
    // Keyboard and screen reader go on from the top of what was opened.
    if (!document.querySelector("dialog[open]") && !document.querySelector("#main [autofocus]")) document.getElementById("main")?.focus({ preventScroll: true });
  });
  if (!route) return <Lost path={path} />;
  if (!got || got.route !== route) return <div class="page-wait" role="status"><span class="hidden-text">Opening</span></div>;
  if ("failed" in got) {
    return (
      <div class="page-lost">
        <h1>This page did not come</h1>
        <p class="quiet">The server did not send it. Is thecal still running?</p>
        <Button kind="strong" onClick={() => { setGot(null); setTries(tries + 1); if (tries > 1) location.reload(); }}>Try again</Button>
      </div>
    );
  }
  return <got.Page key={route.place + (params["id"] ?? "")} params={params} />;
}

function Lost({ path }: { path: string }) {
  return (
    <div class="page-lost">
      <h1>There is no such page</h1>
      <p class="quiet">{path} leads nowhere. <a href="/">To the worklist</a></p>
    </div>
  );
}
