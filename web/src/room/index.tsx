import { type PageProps, useTitle } from "../shell/router";

export default function Room({ params }: PageProps) {
  useTitle("Study");
  return <h1>Study {params["id"]}</h1>;
}
