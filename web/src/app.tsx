import type { JSX } from "preact";
import { Announcer } from "./page/announcer.tsx";
import { WorkspaceView } from "./page/workspace-view.tsx";
import { ExpiredDialog } from "./session/expired-dialog.tsx";
import { LoginPage } from "./session/login-page.tsx";
import type { Session } from "./session/session.ts";

/** The page: the way in, or the workspace of whoever is logged in. */
export function App({ session }: { readonly session: Session }): JSX.Element {
  return (
    <>
      <Scene session={session} />
      <Announcer />
    </>
  );
}

function Scene({ session }: { readonly session: Session }): JSX.Element {
  const state = session.state.value;
  switch (state.kind) {
    case "restoring":
      return <main class="restoring" aria-busy="true" />;
    case "closed":
      return <LoginPage session={session} notice={state.notice} />;
    case "open":
    case "expired":
      return (
        <>
          <WorkspaceView key={state.user.id} session={session} user={state.user} />
          {state.kind === "expired" && <ExpiredDialog session={session} user={state.user} />}
        </>
      );
    default:
      return state satisfies never;
  }
}
