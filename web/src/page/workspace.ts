import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { type Api, createApi } from "../api/client.ts";
import type { Problem } from "../api/problem.ts";
import type { User } from "../api/shapes.ts";
import { Duplicates } from "../duplicates/duplicates.ts";
import { Gallery } from "../gallery/gallery.ts";
import { PictureStore } from "../pictures/picture-store.ts";
import { Search } from "../search/search.ts";
import type { Session } from "../session/session.ts";
import { Uploads } from "../uploads/uploads.ts";

/** What one login works with; opened when it begins, closed when it ends, so that nothing of one person is left for the next. */
export interface Workspace {
  readonly user: User;
  readonly api: Api;
  readonly pictures: PictureStore;
  readonly gallery: Gallery;
  readonly uploads: Uploads;
  readonly search: Search;
  readonly duplicates: Duplicates;
  /** Deletes a picture on the server and wherever it is shown; brings what stood in the way. */
  deletePicture(id: string): Promise<Problem | undefined>;
  close(): void;
}

/** Opens the workspace of a login. */
export function openWorkspace(session: Session, user: User): Workspace {
  const api = createApi((request) => sendAs(session, request));
  const pictures = new PictureStore(session);
  const gallery = new Gallery(api);
  const uploads = new Uploads({ session, onCreated: (image) => gallery.add(image) });
  const search = new Search(api);
  const duplicates = new Duplicates(api);
  const deletePicture = async (id: string): Promise<Problem | undefined> => {
    const problem = await gallery.delete(id);
    if (problem !== undefined) return problem;
    search.forget(id);
    duplicates.forget(id);
    return undefined;
  };
  const close = (): void => {
    uploads.cancel();
    search.clear();
    duplicates.stop();
    pictures.close();
  };
  return { user, api, pictures, gallery, uploads, search, duplicates, deletePicture, close };
}

async function sendAs(session: Session, request: Request): Promise<Response> {
  // Read once and kept: a renewed login sends it a second time, and a clone would go out as a stream without a length.
  const content = request.body === null ? {} : { body: await request.blob() };
  const { method, signal } = request;
  return await session.send((token) => {
    const headers = new Headers(request.headers);
    headers.set("Authorization", `Bearer ${token}`);
    return fetch(request.url, { method, signal, headers, ...content });
  });
}

const context = createContext<Workspace | undefined>(undefined);

export const WorkspaceProvider = context.Provider;

/** The workspace around this component. */
export function useWorkspace(): Workspace {
  const workspace = useContext(context);
  if (workspace === undefined) throw new Error("expected a WorkspaceProvider above this component, found none");
  return workspace;
}
