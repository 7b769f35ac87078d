import { defineConfig } from "vite";

export default defineConfig({
  // JSX is compiled by Vite itself, so the Preact preset (and the Babel behind it) has nothing left to do here.
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    // The polyfill would be a second copy of what every browser with light-dark and <dialog> has.
    modulePreload: { polyfill: false },
    // Everything is a file of its own: the Content-Security-Policy allows data: for pictures alone.
    assetsInlineLimit: 0,
    reportCompressedSize: true,
  },
  server: { proxy: { "/api": "http://127.0.0.1:8080" } },
});
