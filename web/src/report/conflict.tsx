/** The same section was written in two windows: both are shown, and nothing is thrown away before one chooses. */
import { useState } from "preact/hooks";
import { Button } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { Area } from "../parts/field";
import { Icon } from "../parts/icon";
import type { Theirs } from "../shell/saving";
import { differing, said, sectionName, type Text, withWords } from "./sections";

interface State {
  mine: Text;
  theirs: Theirs<Text>;
}

export function Conflict({ state, suggested, onSettle }: { state: State; suggested: Record<string, string>; onSettle: (text: Text) => void }) {
  const [open, setOpen] = useState(true);
  const when = state.theirs.at ? ` at ${new Date(state.theirs.at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" })}` : "";
  return (
    <>
      <div class="conflict" role="alert">
        <Icon name="warning" />
        <span>This report was changed in another window{when}. Your text is kept, and not sent before you choose.</span>
        <Button size="s" onClick={() => setOpen(true)}>Compare both</Button>
      </div>
      <Dialog open={open} onClose={() => setOpen(false)} wide title="Two texts">
        <Both {...state} suggested={suggested} onSettle={onSettle} />
      </Dialog>
    </>
  );
}

function Both({ mine, theirs, suggested, onSettle }: State & { suggested: Record<string, string>; onSettle: (text: Text) => void }) {
  const names = differing(mine, theirs.value);
  const [chosen, setChosen] = useState<Record<string, string>>(() => Object.fromEntries(names.map((name) => [name, said(mine, suggested, name)])));
  const settle = (): void => onSettle(names.reduce((text, name) => withWords(text, suggested, name, chosen[name]), mine));
  return (
    <div class="both">
      <p class="quiet">Take one of the two, or write them into one. What you keep becomes the newest version; the other stays among the versions.</p>
      {names.map((name) => {
        const [my, their] = [said(mine, suggested, name), said(theirs.value, suggested, name)];
        const pick = (text: string): void => setChosen((now) => ({ ...now, [name]: text }));
        return (
          <section key={name} class="both-section">
            <h3>{sectionName(name)}</h3>
            <div class="both-texts">
              <div><h4>This window</h4><p>{my}</p><Button size="s" pressed={chosen[name] === my} onClick={() => pick(my)}>Take this one</Button></div>
              <div><h4>The other window</h4><p>{their}</p><Button size="s" pressed={chosen[name] === their} onClick={() => pick(their)}>Take that one</Button></div>
            </div>
            <Area label={`${sectionName(name)}, to be kept`} value={chosen[name] ?? ""} onInput={(event) => pick(event.currentTarget.value)} />
          </section>
        );
      })}
      <div class="both-foot">
        <Button onClick={() => onSettle(theirs.value)}>All of the other window</Button>
        <Button kind="strong" onClick={settle}>Keep what is chosen</Button>
      </div>
    </div>
  );
}
