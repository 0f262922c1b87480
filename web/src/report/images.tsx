/** The key images: taken in the view, named and ordered here. */
import { useState } from "preact/hooks";
import type { KeyImage } from "../api/types";
import { Button } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { Area } from "../parts/field";
import { toast } from "../parts/toast";

export function KeyImages({ images, locked, study, onChange }: { images: KeyImage[]; locked: boolean; study: string; onChange: (images: KeyImage[]) => void }) {
  const [large, setLarge] = useState<number | null>(null);
  const replace = (number: number, image: KeyImage): void => onChange(images.map((one, at) => (at === number ? image : one)));
  const move = (number: number, by: number): void => {
    const moved = [...images];
    const [one] = moved.splice(number, 1);
    moved.splice(number + by, 0, one!);
    onChange(moved);
  };
  const remove = (number: number): void => {
    onChange(images.filter((_, at) => at !== number));
    toast("The image is taken out.", "plain", { name: "Undo", run: () => onChange(images) });
  };
  return (
    <section class="side-part" aria-labelledby="key-images">
      <h2 id="key-images">Key images</h2>
      {!images.length && (
        <p class="quiet small">{locked ? "There are none of the reader's." : <>None yet. In the <a href={`/studies/${study}`}>images</a>, add what is shown by its button or key.</>}</p>
      )}
      <ol class="key-images">
        {images.map((image, number) => (
          <li key={image.png.slice(-40) + String(number)}>
            <button type="button" class="key-image" aria-label={`Enlarge image ${number + 1}`} onClick={() => setLarge(number)}>
              <img src={image.png} alt={image.caption || `Key image ${number + 1}`} />
            </button>
            {locked
              ? <p class="small">{image.caption}</p>
              : <>
                  <Area label={`Caption of image ${number + 1}`} hideLabel placeholder="What it shows" value={image.caption} onInput={(event) => replace(number, { ...image, caption: event.currentTarget.value })} />
                  <div class="key-image-acts">
                    <Button size="s" kind="quiet" icon="up" label={`Move image ${number + 1} up`} disabled={number === 0} onClick={() => move(number, -1)} />
                    <Button size="s" kind="quiet" icon="down" label={`Move image ${number + 1} down`} disabled={number === images.length - 1} onClick={() => move(number, 1)} />
                    <Button size="s" kind="quiet" icon="delete" label={`Take image ${number + 1} out`} onClick={() => remove(number)} />
                  </div>
                </>}
          </li>
        ))}
      </ol>
      <Dialog open={large !== null} onClose={() => setLarge(null)} wide title={large === null ? "" : `Key image ${large + 1}`}>
        {large !== null && images[large] && <figure class="key-large"><img src={images[large].png} alt={images[large].caption} /><figcaption>{images[large].caption}</figcaption></figure>}
      </Dialog>
    </section>
  );
}
