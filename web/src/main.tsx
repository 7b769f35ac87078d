import "./page/base.css";
import "./page/page.css";
import { render } from "preact";
import { App } from "./app.tsx";
import { Session } from "./session/session.ts";

const root = document.querySelector("#page");
if (root === null) throw new Error("expected an element with the id page in index.html");

// A file dropped beside a drop zone would otherwise take the place of the page.
for (const kind of ["dragover", "drop"] as const) addEventListener(kind, (event) => event.preventDefault());

const session = new Session();
render(<App session={session} />, root);
await session.restore();
