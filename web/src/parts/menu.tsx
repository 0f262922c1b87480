/** A button that opens a list of things to do. Arrows, Home, End and first letters move; Escape closes. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Button, type ButtonKind } from "./button";
import { Icon, type IconName } from "./icon";

export interface MenuEntry {
  name: string;
  icon?: IconName;
  detail?: string;
  /** A heading is shown above the first entry of each group. */
  group?: string;
  chosen?: boolean;
  danger?: boolean;
  disabled?: boolean;
  /** An address instead of something to do; `download` saves it. */
  href?: string;
  download?: boolean;
  run?: () => void;
}

export interface MenuProps {
  label: string;
  entries: MenuEntry[];
  icon?: IconName;
  kind?: ButtonKind;
  size?: "s" | "m";
  disabled?: boolean;
  busy?: boolean;
  onOpen?: () => void;
  /** Words on the button; without them the icon stands alone. */
  children?: ComponentChildren;
  class?: string;
}

export function Menu({ label, entries, icon, kind = "quiet", size = "m", disabled = false, busy = false, onOpen, children, class: own }: MenuProps) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const name = useId();
  useEffect(() => {
    if (!open) return;
    place(button.current!, list.current!);
    items(list.current!)[Math.max(0, entries.findIndex((one) => one.chosen))]?.focus();
    const away = (event: Event): void => {
      const target = event.target as Node;
      if (!list.current?.contains(target) && !button.current?.contains(target)) setOpen(false);
    };
    const moved = (event: Event): void => { if (!list.current?.contains(event.target as Node)) setOpen(false); };
    document.addEventListener("pointerdown", away);
    document.addEventListener("focusin", away);
    addEventListener("scroll", moved, true);
    addEventListener("resize", moved);
    return () => {
      document.removeEventListener("pointerdown", away);
      document.removeEventListener("focusin", away);
      removeEventListener("scroll", moved, true);
      removeEventListener("resize", moved);
    };
  }, [open]);
  const close = (): void => { setOpen(false); button.current?.focus(); };
  const act = (entry: MenuEntry): void => { if (entry.disabled) return; close(); entry.run?.(); };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); close(); return; }
    if (event.key === "Tab") { setOpen(false); return; }
    const to = target(event.key, items(list.current!));
    if (to) { event.preventDefault(); event.stopPropagation(); to.focus(); }
  };
  const show = (): void => { if (!open) onOpen?.(); setOpen(!open); };
  return (
    <div class={["menu", own].filter(Boolean).join(" ")}>
      <Button inner={button} kind={kind} size={size} disabled={disabled} busy={busy} icon={icon} label={children ? undefined : label} aria-haspopup="menu"
        aria-expanded={open} aria-controls={open ? name : undefined} onClick={show}
        onKeyDown={(event) => { if (event.key === "ArrowDown" && !open) { event.preventDefault(); show(); } }}>
        {children && <>{children}<Icon name="down" size={12} /></>}
      </Button>
      {open && (
        <div ref={list} id={name} class="menu-list" role="menu" aria-label={label} onKeyDown={onKeyDown}>
          {entries.map((entry, number) => (
            <Entry key={`${entry.group ?? ""} ${entry.name}`} entry={entry} heading={entry.group !== undefined && entry.group !== entries[number - 1]?.group} act={act} />
          ))}
        </div>
      )}
    </div>
  );
}

function Entry({ entry, heading, act }: { entry: MenuEntry; heading: boolean; act: (entry: MenuEntry) => void }) {
  const inside = (
    <>
      {entry.icon ? <Icon name={entry.icon} /> : entry.chosen !== undefined && <span class="menu-gap" />}
      <span class="menu-words">{entry.name}{entry.detail && <small>{entry.detail}</small>}</span>
      {entry.chosen && <Icon name="check" />}
    </>
  );
  const role = entry.chosen === undefined ? "menuitem" : "menuitemradio";
  const common = { role, tabIndex: -1, class: `menu-entry${entry.danger ? " menu-danger" : ""}`, "aria-checked": entry.chosen, "aria-disabled": entry.disabled || undefined } as const;
  return (
    <>
      {heading && <div class="menu-heading" role="presentation">{entry.group}</div>}
      {entry.href !== undefined
        ? <a {...common} href={entry.href} download={entry.download} onClick={() => act(entry)}>{inside}</a>
        : <button type="button" {...common} onClick={() => act(entry)}>{inside}</button>}
    </>
  );
}

const items = (list: HTMLElement): HTMLElement[] => [...list.querySelectorAll<HTMLElement>(".menu-entry")];

function target(key: string, all: HTMLElement[]): HTMLElement | undefined {
  const now = all.indexOf(document.activeElement as HTMLElement);
  if (key === "ArrowDown") return all[(now + 1) % all.length];
  if (key === "ArrowUp") return all[(now - 1 + all.length) % all.length];
  if (key === "Home") return all[0];
  if (key === "End") return all[all.length - 1];
  if (key.length !== 1 || key === " ") return undefined;
  const after = [...all.slice(now + 1), ...all.slice(0, now + 1)];
  return after.find((one) => one.textContent?.trim().toLowerCase().startsWith(key.toLowerCase()));
}

/** Below the button, or above it where there is more room; never outside the window. */
function place(button: HTMLElement, list: HTMLElement): void {
  const at = button.getBoundingClientRect();
  const below = innerHeight - at.bottom - 12;
  const up = below < Math.min(list.scrollHeight, 240) && at.top > below;
  const width = list.offsetWidth;
  list.style.maxHeight = `${Math.max(140, up ? at.top - 12 : below)}px`;
  list.style.left = `${Math.max(8, Math.min(at.left, innerWidth - width - 8))}px`;
  if (up) list.style.bottom = `${innerHeight - at.top + 4}px`;
  else list.style.top = `${at.bottom + 4}px`;
}
