/** Panels of which one is shown. Arrows move from tab to tab. */
import type { ComponentChildren } from "preact";
import { useId, useRef } from "preact/hooks";

export interface Tab {
  key: string;
  name: ComponentChildren;
}

export function Tabs({ label, tabs, chosen, onChoose, children }: {
  label: string;
  tabs: Tab[];
  chosen: string;
  onChoose: (key: string) => void;
  children: ComponentChildren;
}) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent): void => {
    const now = tabs.findIndex((tab) => tab.key === chosen);
    const to = { ArrowRight: now + 1, ArrowLeft: now - 1 + tabs.length, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    onChoose(tabs[to % tabs.length]!.key);
    list.current?.querySelectorAll<HTMLElement>("[role=tab]")[to % tabs.length]?.focus();
  };
  return (
    <div class="tabs">
      <div ref={list} class="tab-list" role="tablist" aria-label={label} onKeyDown={onKeyDown}>
        {tabs.map((tab) => (
          <button key={tab.key} type="button" role="tab" id={`${id}-${tab.key}`} class="tab" aria-selected={tab.key === chosen}
            aria-controls={`${id}-panel`} tabIndex={tab.key === chosen ? 0 : -1} onClick={() => onChoose(tab.key)}>
            {tab.name}
          </button>
        ))}
      </div>
      <div id={`${id}-panel`} class="tab-panel" role="tabpanel" tabIndex={0} aria-labelledby={`${id}-${chosen}`}>{children}</div>
    </div>
  );
}
