/** The studies, a row each: state, who and what, what it most likely is. */
import type { Study } from "../api/types";
import { Button } from "../parts/button";
import { Icon, type IconName } from "../parts/icon";
import { Menu, type MenuEntry } from "../parts/menu";
import { go } from "../shell/router";
import { type Order, type SortKey, stateNames } from "./list";
import { ago, date, moment, percent, person, stageWords, titleOf, whyWords } from "../shell/words";

export interface RowActions {
  onDelete: (study: Study) => void;
  onRetry: (study: Study) => void;
}

const columns: { key: SortKey; name: string; class: string }[] = [
  { key: "state", name: "State", class: "col-state" },
  { key: "title", name: "Study", class: "col-study" },
  { key: "first", name: "Most likely", class: "col-first" },
  { key: "lesions", name: "Lesions", class: "col-lesions" },
  { key: "acquired", name: "Examined", class: "col-acquired" },
  { key: "added", name: "Added", class: "col-added" },
];

export function Rows({ studies, order, onOrder, ...actions }: { studies: Study[]; order: Order; onOrder: (by: SortKey) => void } & RowActions) {
  return (
    <table class="rows" role="table">
      <caption class="hidden-text">Studies</caption>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map((column) => (
            <th key={column.key} role="columnheader" scope="col" class={column.class} aria-sort={order.by === column.key ? (order.down ? "descending" : "ascending") : undefined}>
              <button type="button" class="sort" onClick={() => onOrder(column.key)}>
                {column.name}
                {order.by === column.key && <Icon name={order.down ? "down" : "up"} size={12} />}
              </button>
            </th>
          ))}
          <th role="columnheader" scope="col" class="col-more"><span class="hidden-text">Actions</span></th>
        </tr>
      </thead>
      <tbody role="rowgroup">{studies.map((study) => <Row key={study.id} study={study} {...actions} />)}</tbody>
    </table>
  );
}

/** A study can be opened once there is something to see of it. */
export const canOpen = (study: Study): boolean =>
  study.state === "ready" || study.state === "approved" || (study.state === "attention" && (study.lesions ?? null) !== null);

function Row({ study, onDelete, onRetry }: { study: Study } & RowActions) {
  const open = canOpen(study);
  // Why it could not be read takes the place of what there is not to tell.
  const unread = study.state === "attention" && !open;
  const who = person(study);
  return (
    <tr role="row" class={`row row-${study.state}${open ? " row-open" : ""}`} data-study={study.id}>
      <td role="cell" class="col-state"><State study={study} /></td>
      <th role="rowheader" scope="row" class="col-study" colSpan={unread ? 3 : 1}>
        <div class="row-title">
          {open
            ? <a href={`/studies/${encodeURIComponent(study.id)}`} class="row-link">{titleOf(study)}</a>
            : <span class="row-name" tabIndex={-1}>{titleOf(study)}</span>}
          {study.simulated && <span class="tag">Simulated</span>}
          {study.blind && <span class="tag">Blind first</span>}
        </div>
        {who && <div class="row-person">{who}</div>}
        {study.state === "attention" && (
          <div class="row-why">
            <span>{whyWords(study.why)}</span>
            <Button size="s" icon="retry" onClick={() => onRetry(study)}>Try again</Button>
          </div>
        )}
      </th>
      {!unread && <td role="cell" class="col-first">{study.first ? <First first={study.first} /> : <None study={study} open={open} />}</td>}
      {!unread && (
        <td role="cell" class="col-lesions number">
          {study.lesions ?? <span class="faint" aria-label="not known">–</span>}<span class="narrow-only"> {study.lesions === 1 ? "lesion" : "lesions"}</span>
        </td>
      )}
      <td role="cell" class="col-acquired number">{date(study.acquired_on) || <span class="faint" aria-label="not known">–</span>}</td>
      <td role="cell" class="col-added"><time dateTime={study.added_at} title={moment(study.added_at)}>{ago(study.added_at)}</time></td>
      <td role="cell" class="col-more"><Menu label={`Actions for ${study.title}`} icon="more" entries={entriesOf(study, open, onDelete, onRetry)} /></td>
    </tr>
  );
}

function entriesOf(study: Study, open: boolean, onDelete: (study: Study) => void, onRetry: (study: Study) => void): MenuEntry[] {
  const to = `/studies/${encodeURIComponent(study.id)}`;
  const entries: MenuEntry[] = [];
  if (open) {
    entries.push({ name: "Open the images", icon: "image", run: () => go(to) });
    entries.push({ name: study.state === "approved" ? "Read the report" : "Edit the report", icon: "edit", run: () => go(`${to}/report`) });
  }
  if (study.state === "attention") entries.push({ name: "Try again", icon: "retry", run: () => onRetry(study) });
  if (study.state === "approved") entries.push({ name: "Delete …", detail: "Its report is approved: it stays", icon: "delete", disabled: true });
  else entries.push({ name: "Delete …", icon: "delete", danger: true, run: () => onDelete(study) });
  return entries;
}

const icons: Record<Study["state"], IconName> = { queued: "more", reading: "more", ready: "check", attention: "warning", approved: "lock" };

function State({ study }: { study: Study }) {
  const { state, stage_number: number, stages } = study;
  const share = number && stages ? (number - 1) / stages : 0;
  return (
    <div class={`state state-${state}`}>
      <span class="state-name">
        {state === "reading" ? <span class="spinner" aria-hidden="true" /> : <Icon name={icons[state]} size={14} />}
        {stateNames[state]}
      </span>
      {state === "reading" && (
        <span class="state-stage">
          <progress max={1} value={share} aria-label={`Reading ${study.title}`} />
          <span>{stageWords(study.stage)}{number && stages ? ` · ${number} of ${stages}` : ""}</span>
        </span>
      )}
    </div>
  );
}

function First({ first }: { first: NonNullable<Study["first"]> }) {
  const [low, high] = first.interval;
  const place = (share: number): string => `${Math.max(0, Math.min(1, share)) * 100}%`;
  return (
    <div class="first">
      <span class="first-name">{first.name}</span>
      <span class="first-figure number">
        <b>{percent(first.probability)} %</b>
        <span class="quiet"> ({percent(low)}–{percent(high)})</span>
      </span>
      <span class="first-bar" aria-hidden="true">
        <span class="first-range" style={{ left: place(low), width: place(high - low) }} />
        <span class="first-point" style={{ left: place(first.probability) }} />
      </span>
    </div>
  );
}

function None({ study, open }: { study: Study; open: boolean }) {
  if (!open) return <span class="faint" aria-label="not known yet">–</span>;
  if (study.blind) return <span class="quiet">Hidden until you have read it</span>;
  return <span class="quiet">{study.lesions === 0 ? "No lesion found" : "No ranking"}</span>;
}
