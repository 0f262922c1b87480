/** Lesion, cord and vertebrae in space, drawn by NiiVue, which is loaded when this is first opened. */

import { useEffect, useRef, useState } from "preact/hooks";
import { Dialog } from "../../parts/dialog";
import { useSession } from "../context";
import type { Volume } from "../slices/volume";
import { TISSUES, anatomyColour, isDisc, isVertebra } from "./labels";

/** What is seen in space: the cord thin as a veil, bone thinner, lesions solid; the sac, which would hide them, not at all. */
const CORD = 1;
const BONE = 2;
const FIRST_TISSUE = 2;
const PARTS = [
  { colour: 0, alpha: 0 }, { colour: anatomyColour(1) ?? 0, alpha: 70 }, { colour: anatomyColour(11) ?? 0, alpha: 22 },
  ...TISSUES.map(({ colour }) => ({ colour, alpha: 255 })),
];

/** One map of all that is seen. */
export function partsOf(anatomy: Volume | undefined, lesion: Volume): Uint8Array {
  return Uint8Array.from(lesion.voxels, (tissue, at) => {
    if (tissue > 0) return tissue + FIRST_TISSUE;
    const code = anatomy?.voxels[at] ?? 0;
    return code === 1 ? CORD : isVertebra(code) || isDisc(code) ? BONE : 0;
  });
}

/** NiiVue's form of a label colour map, as long as the codes that are there: longer ones are cut in a way that mixes colours. */
function colourTable(most: number): { R: number[]; G: number[]; B: number[]; A: number[]; I: number[] } {
  const parts = PARTS.slice(0, most + 1);
  const channel = (shift: number): number[] => parts.map(({ colour }) => (colour >> shift) & 255);
  return { R: channel(0), G: channel(8), B: channel(16), A: parts.map(({ alpha }) => alpha), I: parts.map((_, code) => code) };
}

export function SolidDialog({ onClose }: { onClose: () => void }) {
  const session = useSession();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [state, setState] = useState("Loading the 3-D view");
  useEffect(() => {
    let stop = (): void => undefined;
    let gone = false;
    void (async () => {
      try {
        const { Niivue, NVImage } = await import("@niivue/niivue");
        if (gone || !canvas.current) return;
        const nv = new Niivue({ backColor: [0, 0, 0, 1], show3Dcrosshair: false, sagittalNoseLeft: true, isOrientCube: true, loadingText: "", logLevel: "error" });
        await nv.attachToCanvas(canvas.current);
        stop = () => {
          nv.cleanup();
          nv.gl.getExtension("WEBGL_lose_context")?.loseContext();
        };
        nv.setRadiologicalConvention(true);
        const { anatomy, lesion } = session.labels.value;
        if (!lesion) throw new Error("the study has no label maps");
        const parts = partsOf(anatomy, lesion);
        const affine = [...lesion.affine, 0, 0, 0, 1];
        const file = NVImage.createNiftiArray([...lesion.shape], [...lesion.spacing], affine, 2, parts);
        const image = await NVImage.loadFromUrl({ url: "parts.nii", name: "parts.nii", buffer: file.buffer as ArrayBuffer });
        if (gone) return;
        image.setColormapLabel(colourTable(parts.reduce((a, b) => Math.max(a, b), 0)));
        nv.addVolume(image);
        nv.setSliceType(nv.sliceTypeRender);
        nv.setRenderAzimuthElevation(200, 12);
        setState("");
      } catch (error) {
        if (!gone) setState(`The 3-D view did not come: ${error instanceof Error ? error.message : String(error)}`);
      }
    })();
    return () => {
      gone = true;
      stop();
    };
  }, []);
  return (
    <Dialog open wide title="In space" onClose={onClose}>
      <div class="solid">
        <canvas ref={canvas} aria-label="Lesion, cord and vertebrae in three dimensions; drag to turn" role="img" />
        {state && <p class="view-note" role="status">{state}</p>}
      </div>
      <p class="small quiet">Drag to turn, wheel to come nearer. Colours as over the images; the dural sac is left out.</p>
    </Dialog>
  );
}
