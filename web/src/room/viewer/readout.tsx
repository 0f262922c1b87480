/** Value and place under the pointer, and the last measure. */

import { useSession } from "../context";
import { toPatient } from "../slices/frame";
import { rounded } from "../words";
import type { Painter } from "./painter";

export function Readout({ painters }: { painters: ReadonlyMap<number, Painter> }) {
  const session = useSession();
  const at = session.stage.pointed.value;
  const painter = at === null ? undefined : painters.get(at.view);
  const value = at && painter ? painter.valueAt(at.x, at.y) : null;
  const point = at && painter?.frame ? toPatient(painter.frame, at.x, at.y) : session.stage.crosshair.value;
  const [x, y, z] = point;
  const side = (mm: number, plus: string, minus: string): string => `${mm >= 0 ? plus : minus} ${Math.abs(mm).toFixed(1)}`;
  return (
    <span class="status-readout number">
      <span>{side(x, "R", "L")} {side(y, "A", "P")} {side(z, "H", "F")}</span>
      {value !== null && <span>value {rounded(value)}</span>}
      <span role="status">{session.stage.said.value}</span>
    </span>
  );
}
