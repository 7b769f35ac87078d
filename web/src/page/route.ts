import { signal } from "@preact/signals";

/** What the part after `#` asks for. */
export type Route =
  | { readonly kind: "home" }
  | { readonly kind: "search" }
  | { readonly kind: "duplicates" }
  | { readonly kind: "copies"; readonly imageId: string };

function readRoute(hash: string): Route {
  if (hash === "#/search") return { kind: "search" };
  if (hash === "#/duplicates") return { kind: "duplicates" };
  const imageId = /^#\/copies\/([0-9a-f-]{36})$/.exec(hash)?.[1];
  return imageId === undefined ? { kind: "home" } : { kind: "copies", imageId };
}

function write(route: Route): string {
  switch (route.kind) {
    case "home":
      return "#/";
    case "search":
      return "#/search";
    case "duplicates":
      return "#/duplicates";
    case "copies":
      return `#/copies/${route.imageId}`;
    default:
      return route satisfies never;
  }
}

/** Where the page is. */
export const route = signal<Route>(readRoute(location.hash));

addEventListener("hashchange", () => {
  route.value = readRoute(location.hash);
});

/** Goes there, so that the browser's own Back comes here again. */
export function go(to: Route): void {
  if (location.hash !== write(to)) location.hash = write(to);
  route.value = to;
}
