/** Names one vertebra; all others follow from it. */

import { useState } from "preact/hooks";
import { Button } from "../../parts/button";
import { Dialog } from "../../parts/dialog";
import { Select } from "../../parts/field";
import { useSession } from "../context";
import { distance } from "../slices/geometry";
import { LEVELS } from "../viewer/labels";

export function NamingDialog() {
  const session = useSession();
  const { stage } = session;
  const at = stage.naming.value;
  const near = at && [...stage.landmarks.value].sort((a, b) => distance(a.at, at) - distance(b.at, at))[0];
  const [chosen, setChosen] = useState<string | null>(null);
  if (!at) return null;
  const name = chosen ?? near?.name ?? "C2";
  const close = (): void => {
    stage.naming.value = null;
    setChosen(null);
  };
  const save = (): void => {
    session.nameVertebra(at, name);
    close();
  };
  return (
    <Dialog open title="Which vertebra is this?" onClose={close} foot={<><Button onClick={close}>Cancel</Button><Button kind="strong" onClick={save}>Name it {name}</Button></>}>
      <p class="small quiet">{near ? `It is called ${near.name} now.` : "No vertebra is labelled yet."} The others are counted from it, up and down.</p>
      <Select label="Vertebra" value={name} autoFocus onChange={(event) => setChosen(event.currentTarget.value)}>
        {LEVELS.map((level) => <option key={level} value={level}>{level}</option>)}
      </Select>
    </Dialog>
  );
}
