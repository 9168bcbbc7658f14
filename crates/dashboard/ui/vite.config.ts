import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

import { lean } from "./lean/plugin.ts";

/** Where the daemon is while the pages are served by Vite: `FRESCOD_SERVER=… npm run dev`. */
const server = process.env["FRESCOD_SERVER"] ?? "http://127.0.0.1:8088";

export default defineConfig({
  plugins: [lean(), react(), tailwindcss()],
  resolve: { alias: { "@": new URL("./src", import.meta.url).pathname } },
  build: {
    target: "es2023",
    // The policy loads nothing from `data:` but images, and everything in `assets/` is kept by browsers for ever.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // A file for each icon would cost a slow processor more than all of them weigh.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "icons", test: /lucide-react/ }] } } },
    // Read by scripts/finish.ts, which removes it.
    manifest: "manifest.json",
    reportCompressedSize: false,
  },
  server: {
    // What the daemon takes for its own page is what comes from its own address.
    proxy: { "/api": { target: server, ws: true, headers: { origin: server, "sec-fetch-site": "same-origin" } } },
  },
  test: { include: ["src/**/*.test.ts", "lean/**/*.test.ts"] },
});
