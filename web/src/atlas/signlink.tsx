/** A sign's name, as a link where it has an article. */
import { index } from "./store";

export function SignLink({ code, children }: { code: string; children: preact.ComponentChildren }) {
  return index.value?.articles.some((one) => one.code === code) ? <a href={`/atlas/${code}`}>{children}</a> : <>{children}</>;
}
