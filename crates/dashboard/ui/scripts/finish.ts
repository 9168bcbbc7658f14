// After `vite build`: compresses what is served, once and as well as can be, and fails where a page is too heavy.
//
// A page's first load is the entry and the page's own part, with all that these import. Sizes are brotli's, as browsers get them.

import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

/** Bytes of JavaScript that a page may load before it works. */
const LARGEST_FIRST_LOAD = 200_000;
/** What compressing makes smaller; fonts are compressed already. */
const COMPRESSED = new Set([".css", ".html", ".js", ".svg", ".txt", ".webmanifest"]);
/** Below it, a header more costs what it saves. */
const SMALLEST = 512;

interface Chunk {
  file: string;
  isEntry?: boolean;
  isDynamicEntry?: boolean;
  imports?: string[];
}

const dist = join(import.meta.dirname, "../dist");
const sizes = new Map<string, number>();

function compress(): void {
  for (const file of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
    if (!COMPRESSED.has(extname(file))) continue;
    const path = join(dist, file);
    const plain = readFileSync(path);
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length };
    const brotli = brotliCompressSync(plain, { params });
    sizes.set(file, Math.min(brotli.length, plain.length));
    if (plain.length < SMALLEST) continue;
    writeFileSync(`${path}.br`, brotli);
    writeFileSync(`${path}.gz`, gzipSync(plain, { level: 9 }));
  }
}

/** The files that a part of the app needs before it runs. */
function closure(manifest: Record<string, Chunk>, name: string, seen: Set<string> = new Set()): Set<string> {
  const chunk = manifest[name];
  if (chunk === undefined || seen.has(chunk.file)) return seen;
  seen.add(chunk.file);
  for (const imported of chunk.imports ?? []) closure(manifest, imported, seen);
  return seen;
}

function weigh(): boolean {
  const path = join(dist, "manifest.json");
  const manifest: Record<string, Chunk> = JSON.parse(readFileSync(path, "utf8"));
  rmSync(path);
  const names = Object.keys(manifest);
  const entry = names.find((name) => manifest[name]?.isEntry);
  if (entry === undefined) throw new Error("the build has no entry");
  const pages = names.filter((name) => manifest[name]?.isDynamicEntry && name.startsWith("src/pages/"));
  const weights = pages.map((page) => {
    const files = closure(manifest, page, closure(manifest, entry));
    const bytes = [...files].reduce((sum, file) => sum + (sizes.get(file) ?? 0), 0);
    return { page, bytes };
  });
  weights.sort((one, other) => other.bytes - one.bytes);
  for (const { page, bytes } of weights) console.log(`${(bytes / 1000).toFixed(1).padStart(6)} kB  ${page}`);
  const heavy = weights.filter(({ bytes }) => bytes > LARGEST_FIRST_LOAD);
  for (const { page } of heavy) console.error(`${page} loads more than ${LARGEST_FIRST_LOAD / 1000} kB of JavaScript`);
  return heavy.length === 0;
}

compress();
if (!weigh()) process.exit(1);
