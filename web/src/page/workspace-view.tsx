import { type ReadonlySignal, useComputed, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { outcomeOf } from "../api/client.ts";
import type { StoredImage, User } from "../api/shapes.ts";
import { DuplicatesView } from "../duplicates/duplicates-view.tsx";
import { GalleryView } from "../gallery/gallery-view.tsx";
import { PictureDialog } from "../gallery/picture-dialog.tsx";
import { ResultsView } from "../search/results-view.tsx";
import { SearchPanel } from "../search/search-panel.tsx";
import type { Session } from "../session/session.ts";
import { UploadList } from "../uploads/upload-list.tsx";
import { UploadPanel } from "../uploads/upload-panel.tsx";
import { announce } from "./announcer.tsx";
import { Header } from "./header.tsx";
import { ProblemNote } from "./problem-note.tsx";
import { go, route } from "./route.ts";
import { openWorkspace, type Workspace, WorkspaceProvider } from "./workspace.ts";

const notThere = "That picture is not here any more, or was never yours to see.";

interface WorkspaceViewProps {
  readonly session: Session;
  readonly user: User;
}

/** Everything behind the login: look for copies, add pictures, see what was found or what one has. */
export function WorkspaceView({ session, user }: WorkspaceViewProps): JSX.Element {
  // Once for this person, not for each login: one that is renewed finds everything as it was.
  const [workspace] = useState(() => openWorkspace(session, user));
  const opened = useSignal<StoredImage | undefined>(undefined);
  const problem = useCopiesRoute(workspace);
  useEffect(() => {
    void workspace.gallery.fetchMore();
    return workspace.close;
  }, [workspace]);
  useWarningBeforeLeaving(workspace);

  const scene = useComputed(() => sceneOf(workspace));
  const open = (image: StoredImage): void => {
    opened.value = image;
  };
  return (
    <WorkspaceProvider value={workspace}>
      <Header user={user} onLogOut={() => void logOut(session)} />
      <main id="content" class="content" tabIndex={-1}>
        <div class="panels" data-narrow={scene.value !== "gallery"}>
          <SearchPanel />
          {scene.value === "gallery" && <UploadPanel />}
        </div>
        {scene.value === "gallery" && <UploadList />}
        {problem.value !== undefined && <ProblemNote>{problem.value}</ProblemNote>}
        {scene.value === "results" && <ResultsView onOpen={open} />}
        {scene.value === "duplicates" && <DuplicatesView onOpen={open} />}
        {scene.value === "gallery" && <GalleryView onOpen={open} />}
      </main>
      {opened.value !== undefined && (
        <PictureDialog
          image={opened.value}
          onClose={() => {
            opened.value = undefined;
          }}
        />
      )}
    </WorkspaceProvider>
  );
}

/** What stands below the search field. */
function sceneOf({ search }: Workspace): "gallery" | "results" | "duplicates" {
  const { kind } = route.value;
  if (kind === "duplicates") return "duplicates";
  return kind !== "home" && search.state.value.kind !== "idle" ? "results" : "gallery";
}

async function logOut(session: Session): Promise<void> {
  go({ kind: "home" });
  await session.logOut();
  announce("You are logged out.");
}

/** Starts the search that an address like `#/copies/ID` names; tells why it could not. */
function useCopiesRoute({ api, search }: Workspace): ReadonlySignal<string | undefined> {
  const problem = useSignal<string | undefined>(undefined);
  const to = route.value;
  useEffect(() => {
    problem.value = undefined;
    if (to.kind !== "copies") return;
    const state = search.state.peek();
    if (state.kind !== "idle" && state.query.kind === "stored" && state.query.image.id === to.imageId) return;
    void outcomeOf(api.GET("/api/images/{id}", { params: { path: { id: to.imageId } } })).then(async (outcome) => {
      if (outcome.kind === "ok") return await search.findStored(outcome.value);
      search.clear();
      problem.value = outcome.problem.code === "not-found" ? notThere : outcome.problem.detail;
    });
  }, [to, api, search, problem]);
  return problem;
}

/** Has the browser ask before the page is left while pictures are on their way. */
function useWarningBeforeLeaving({ uploads }: Workspace): void {
  useEffect(() => {
    const warn = (event: Event): void => {
      if (uploads.tally.value.open > 0) event.preventDefault();
    };
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, [uploads]);
}
