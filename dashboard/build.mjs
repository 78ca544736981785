// Builds the files of the page into the folder that `descent dashboard` embeds.
import { build } from "esbuild";
import { copyFile, mkdir } from "node:fs/promises";

const out = process.argv[2] ?? new URL("../worker/cli/assets/dashboard/", import.meta.url).pathname;
await mkdir(out, { recursive: true });
await build({
  // What signs and what reads deltas are files of their own, which the page loads where somebody asks for them.
  entryPoints: { dashboard: "src/main.ts", wallet: "src/voting/wallet.ts", samples: "src/samples/worker.ts" },
  bundle: true,
  minify: true,
  charset: "utf8",
  format: "esm",
  target: "es2022",
  legalComments: "eof",
  outdir: out,
});
await copyFile("index.html", `${out}/index.html`);
