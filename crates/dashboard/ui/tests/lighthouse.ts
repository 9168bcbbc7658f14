// Lighthouse, in the tests' own Chromium, on the pages that most people see first and longest.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import lighthouse, { desktopConfig } from "lighthouse";
import { chromium } from "playwright-core";

import { executable, FLAGS, SERVER, signIn } from "./harness.ts";
import { running, somebody } from "./people.ts";

export type Category = "performance" | "accessibility" | "best-practices";

/** What a page is looked at as: a telephone of the middle class on a slow network, or a computer. */
export type Device = "mobile" | "desktop";

/** Points of 100, and in words what costs some. */
export interface Audit {
  scores: Partial<Record<Category, number>>;
  lost: string[];
}

/** How long a page may take until it has come to rest, in milliseconds: one with live data never does. */
const PATIENCE = 20_000;

/** The pages that are to be good: `{instance}` stands for an id; `until` is there once a page is whole. */
export const FIRST_PAGES = [
  { name: "landing", path: "/", isSignedIn: false, until: "h1" },
  { name: "login", path: "/sign-in", isSignedIn: false, until: "button[type=submit]" },
  { name: "list", path: "/instances", isSignedIn: true, until: "main li" },
  { name: "logs", path: "/instances/{instance}/logs", isSignedIn: true, until: ".log-row" },
] as const;

/** A browser of Lighthouse's own, with somebody in it who has an instance: it wants nobody else to drive its pages. */
export class Auditor {
  readonly #chromium: ChildProcess;
  readonly #port: number;
  readonly #folder: string;
  #instance: Promise<string> | undefined;

  private constructor(chromium: ChildProcess, port: number, folder: string) {
    this.#chromium = chromium;
    this.#port = port;
    this.#folder = folder;
  }

  static async begin(): Promise<Auditor> {
    const folder = mkdtempSync(join(tmpdir(), "fresco-lighthouse-"));
    const flags = ["--headless=new", "--remote-debugging-port=0", "--no-first-run", `--user-data-dir=${folder}`];
    const chromium = spawn(executable(), [...FLAGS, ...flags, "about:blank"], { stdio: "ignore" });
    return new Auditor(chromium, await portOf(folder), folder);
  }

  async end(): Promise<void> {
    if (this.#chromium.exitCode === null && this.#chromium.signalCode === null) {
      const ended = new Promise((resolve) => this.#chromium.once("exit", resolve));
      this.#chromium.kill();
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Signs somebody in, once, and gives the id of an instance of theirs that has said something. */
  enter(): Promise<string> {
    this.#instance ??= this.#enter();
    return this.#instance;
  }

  async #enter(): Promise<string> {
    const owner = await somebody();
    const { id } = await running(owner.token, { environment: { SAMPLE_FLOOD_LINES: "5000" } });
    const browser = await chromium.connectOverCDP(`http://127.0.0.1:${this.#port}`);
    const page = await browser.contexts()[0]?.newPage();
    if (page === undefined) throw new Error("Chromium has no context");
    await signIn(page, owner, `${SERVER}/sign-in`);
    await page.close();
    await browser.close();
    return id;
  }

  async audit(path: string, device: Device, only: Category[]): Promise<Audit> {
    const flags = {
      port: this.#port,
      disableStorageReset: true,
      onlyCategories: only,
      maxWaitForLoad: PATIENCE,
    } as const;
    const result = await lighthouse(`${SERVER}${path}`, flags, device === "desktop" ? desktopConfig : undefined);
    if (result === undefined) throw new Error(`Lighthouse says nothing of ${path}`);
    const { audits, categories, runtimeError } = result.lhr;
    if (runtimeError !== undefined) throw new Error(`${path}: ${runtimeError.message}`);
    const scores = Object.fromEntries(only.map((name) => [name, Math.round((categories[name]?.score ?? 0) * 100)]));
    const counted = new Set(
      Object.values(categories)
        .flatMap(({ auditRefs }) => auditRefs.filter(({ weight }) => weight > 0))
        .map(({ id }) => id),
    );
    const lost = Object.values(audits)
      .filter(({ id, score }) => counted.has(id) && score !== null && score < 0.9)
      .map(({ title, displayValue }) => (displayValue === undefined ? title : `${title}: ${displayValue}`));
    return { scores, lost };
  }
}

/** Chromium writes it down once it listens. */
async function portOf(folder: string): Promise<number> {
  const path = join(folder, "DevToolsActivePort");
  for (let tries = 0; tries < 200; tries += 1) {
    const port = existsSync(path) ? Number(readFileSync(path, "utf8").split("\n")[0]) : 0;
    if (port > 0) return port;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("Chromium does not listen");
}
