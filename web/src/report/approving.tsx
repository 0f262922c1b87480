/** Approval: the name is given twice, then the report is locked. */
import { useEffect, useState } from "preact/hooks";
import { ApiError } from "../api/client";
import type { Draft, Study } from "../api/types";
import { Button } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { Field } from "../parts/field";
import { toast } from "../parts/toast";
import type { Saver } from "../shell/saving";
import { approve, loadDraft } from "./calls";
import type { Text } from "./sections";

export function ApproveDialog({ open, study, saver, draft, onClose, onApproved }: {
  open: boolean;
  study: Study;
  saver: Saver<Text>;
  draft: Draft;
  onClose: () => void;
  onApproved: () => void;
}) {
  const [name, setName] = useState("");
  const [again, setAgain] = useState("");
  const [why, setWhy] = useState("");
  const [busy, setBusy] = useState(false);
  useEffect(() => { if (!open) { setAgain(""); setWhy(""); } }, [open]);
  const clean = (text: string): string => text.trim().replace(/\s+/g, " ");
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (!clean(name)) return setWhy("Give the name that is to stand under the report.");
    if (clean(name) !== clean(again)) return setWhy("The two names differ.");
    setBusy(true);
    try {
      await saver.flush();
      if (saver.state.value.is === "not saved") throw new ApiError("lost", { where: "draft", expected: "", found: "", remedy: `The text is not saved yet: ${saver.state.value.text}` });
      const last = await loadDraft(study.id);
      await approve(study.id, clean(name), draft.reading_version, last.version);
      toast("The report is approved and locked.", "good");
      onClose();
      onApproved();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setWhy(error.message);
      if (error.failure === "conflict") onApproved();
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog open={open} onClose={onClose} title="Approve this report">
      <form class="approve" onSubmit={(event) => void send(event)}>
        <p>You answer for what it says. It is locked then; what is to be said further is added below it.</p>
        <Field label="Your name, as it is to stand under the report" value={name} autofocus autocomplete="name" onInput={(event) => setName(event.currentTarget.value)} />
        <Field label="Your name again" value={again} autocomplete="off" error={why} onInput={(event) => { setAgain(event.currentTarget.value); setWhy(""); }} />
        <p class="quiet small">There are no accounts yet: the report will say that you were not authenticated, and name the computer's user.</p>
        <div class="approve-foot">
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="strong" type="submit" icon="lock" busy={busy}>Approve and lock</Button>
        </div>
      </form>
    </Dialog>
  );
}
