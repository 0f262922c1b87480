/** A picture of a view, as it is seen, put among the report's key images. */

import { ApiError, get, put } from "../../api/client";
import { toast } from "../../parts/toast";
import { go } from "../../shell/router";
import type { Session } from "../session";
import { roleName } from "../words";
import type { Painter } from "./painter";

interface Draft {
  version: number;
  sections: Record<string, string>;
  key_images: { png: string; caption: string }[];
}

/** Image and what is drawn over it, as one PNG. */
function picture(image: HTMLCanvasElement, over: HTMLCanvasElement): string {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.width, image.height];
  const context = canvas.getContext("2d")!;
  context.drawImage(image, 0, 0);
  context.drawImage(over, 0, 0);
  return canvas.toDataURL("image/png");
}

function caption(session: Session, painter: Painter): string {
  const view = painter.view();
  const line = session.series.value.find((one) => one.key === view?.series);
  const info = painter.info.value;
  const lesion = session.lesions.value.find((one) => one.tracking_uid === session.lesion.value);
  const name = line && view ? `${view.plane} ${roleName(session.words.value, line.role)}` : "image";
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}${info ? `, slice ${info.slice + 1} of ${info.slices}` : ""}${lesion ? `; lesion ${lesion.instance}` : ""}.`;
}

/** Adds the picture to the draft as it stands; once again where someone saved in between. */
async function append(id: string, image: { png: string; caption: string }, again = true): Promise<void> {
  const path = `/api/studies/${encodeURIComponent(id)}/draft`;
  const draft = await get<Draft>(path);
  try {
    await put(path, { base_version: draft.version, sections: draft.sections, key_images: [...draft.key_images, image] });
  } catch (error) {
    if (!again || !(error instanceof ApiError) || error.failure !== "conflict") throw error;
    await append(id, image, false);
  }
}

export async function takePicture(session: Session, painter: Painter | null): Promise<void> {
  const canvases = painter?.canvases();
  if (!painter || !canvases) return;
  try {
    await append(session.id, { png: picture(...canvases), caption: caption(session, painter) });
    toast("Added to the report's key images.", "good", { name: "Open the report", run: () => go(`/studies/${session.id}/report`) });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    toast(`The picture was not added: ${error.message}`, "bad");
  }
}
