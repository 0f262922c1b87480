/** What was added after the approval. */
import { useState } from "preact/hooks";
import { ApiError } from "../api/client";
import type { Addendum } from "../api/types";
import { Button } from "../parts/button";
import { Area, Field } from "../parts/field";
import { toast } from "../parts/toast";
import { addAddendum } from "./calls";

export function Addenda({ study, addenda, onAdded }: { study: string; addenda: Addendum[]; onAdded: () => void }) {
  const kept = `thecal.addendum.${study}`;
  const [text, setText] = useState(sessionStorage.getItem(kept) ?? "");
  const [by, setBy] = useState("");
  const [why, setWhy] = useState("");
  const [busy, setBusy] = useState(false);
  const type = (words: string): void => {
    setText(words);
    setWhy("");
    sessionStorage.setItem(kept, words);
  };
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (!text.trim()) return setWhy("Nothing is written yet.");
    setBusy(true);
    try {
      await addAddendum(study, text.trim(), by.trim());
      type("");
      sessionStorage.removeItem(kept);
      toast("The addendum is added.", "good");
      onAdded();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setWhy(`Not added: ${error.message}`);
    } finally {
      setBusy(false);
    }
  };
  return (
    <section class="side-part" aria-labelledby="addenda">
      <h2 id="addenda">Addenda</h2>
      {addenda.map((one) => (
        <article key={one.at + one.by} class="addendum">
          <p>{one.text}</p>
          <p class="quiet small">{one.by} · {new Date(one.at).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" })}</p>
        </article>
      ))}
      {!addenda.length && <p class="quiet small">Nothing was added.</p>}
      <form class="addendum-form" onSubmit={(event) => void send(event)}>
        <Area label="New addendum" value={text} rows={3} error={why} onInput={(event) => type(event.currentTarget.value)} />
        <Field label="Your name" value={by} autocomplete="name" onInput={(event) => setBy(event.currentTarget.value)} />
        <Button type="submit" busy={busy}>Add it</Button>
      </form>
    </section>
  );
}
