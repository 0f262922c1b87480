import { type PageProps, useTitle } from "../shell/router";

export default function ReportPage({ params }: PageProps) {
  useTitle("Report");
  return <h1>Report {params["id"]}</h1>;
}
