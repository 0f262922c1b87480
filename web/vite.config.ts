import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const server = "http://127.0.0.1:8642";

const uncoded = fileURLToPath(new URL("src/room/viewer/uncoded.ts", import.meta.url));

export default defineConfig({
  resolve: { alias: [{ find: /^numcodecs\/(blosc|lz4|zstd)$/, replacement: uncoded }] },
  build: {
    outDir: "../src/thecal/server/static",
    emptyOutDir: true,
    target: ["chrome123", "firefox121", "safari17.5"],
    // Data addresses are not the page's own: the content policy would refuse them.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1100,
    modulePreload: { polyfill: false },
    // What every page shares comes in one file: the first page waits for few answers.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "shared", test: /src\/(shell|parts|api)\/|node_modules\/@?preact\// }] } } },
  },
  server: {
    port: 5173,
    // `thecal serve` in one window, `npm run dev` in another: the page is new at each save, the data are the server's.
    proxy: {
      "/api": { target: server, changeOrigin: true, headers: { origin: server } },
    },
  },
  test: { environment: "happy-dom", maxWorkers: 2, include: ["src/**/*.test.ts", "src/**/*.test.tsx"], testTimeout: 5000 },
});
