import "../styles/tokens.css";
import "../styles/base.css";
import "../parts/parts.css";
import "./shell.css";
import { render } from "preact";
import { App } from "./app";
import { listenToKeys } from "./keys";
import { followLinks } from "./router";
import { applyTheme } from "./theme";

applyTheme();
followLinks();
listenToKeys();
render(<App />, document.getElementById("app")!);
