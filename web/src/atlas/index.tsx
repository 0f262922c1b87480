import { type PageProps, useTitle } from "../shell/router";

export default function Atlas({ params }: PageProps) {
  useTitle("Atlas");
  return <h1>Atlas {params["rest"]}</h1>;
}
