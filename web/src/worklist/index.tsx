import { useTitle } from "../shell/router";

export default function Worklist() {
  useTitle("Worklist");
  return <h1>Worklist</h1>;
}
