/** Turns blinking views over, only while one blinks. */

import { useEffect } from "preact/hooks";
import { useSession } from "../context";

const HALF_MS = 550;

export function Beat() {
  const { stage } = useSession();
  const blinking = stage.views.value.some((view) => view.against?.how === "blink");
  useEffect(() => {
    if (!blinking) return;
    const timer = setInterval(() => (stage.beat.value = !stage.beat.value), HALF_MS);
    return () => {
      clearInterval(timer);
      stage.beat.value = false;
    };
  }, [blinking]);
  return null;
}
