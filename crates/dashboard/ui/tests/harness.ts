// A real Chromium before the real daemon, which scripts/checks/web has started.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, openSync, readFileSync } from "node:fs";

import { AxeBuilder } from "@axe-core/playwright";
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Download,
  type Page,
} from "playwright-core";

export const SERVER = needed("FRESCO_WEB_SERVER");
/** What the daemon says: letters land there. */
export const LOG = needed("FRESCO_WEB_LOG");
const PICTURES = needed("FRESCO_WEB_PICTURES");
/** What the daemon has written down once it was ready. */
const READY = needed("FRESCO_WEB_READY");

/** The person of the tests, new with each run. */
export const ADA = {
  email: `ada-${Date.now()}@example.org`,
  password: "purple monkey dishwasher",
  name: "Ada Lovelace",
};

function needed(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run scripts/checks/web`);
  return value;
}

/** What Chromium is started with. */
export const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic"];

export function executable(): string {
  const path = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find(existsSync);
  if (path === undefined) throw new Error("there is no Chromium: run scripts/setup");
  return path;
}

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: executable(), args: FLAGS });
}

export function context(browser: Browser, options: BrowserContextOptions = {}): Promise<BrowserContext> {
  const ours = { baseURL: SERVER, viewport: { width: 1280, height: 900 }, reducedMotion: "reduce" } as const;
  return browser.newContext({ ...ours, ...options });
}

/** A container's network comes or goes on this very host: browsers begin anew whatever was under way. */
const NETWORK_CHANGED = "net::ERR_NETWORK_CHANGED";

/** What the page complains of, from now on. */
export function complaints(page: Page): string[] {
  const all: string[] = [];
  page.on("console", (message) => {
    if (message.text().includes(NETWORK_CHANGED)) return;
    if (["error", "warning"].includes(message.type())) all.push(`${message.type()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => all.push(`thrown: ${error.message}`));
  return all;
}

/** Fails on what the rules of WCAG 2.2 AA that a program can check find. */
export async function accessible(page: Page, what: string): Promise<void> {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  await finds(new AxeBuilder({ page }).withTags(tags), what);
}

/** Fails where words have less than seven to one (WCAG 1.4.6), as the theme with more contrast promises. */
export async function contrasting(page: Page, what: string): Promise<void> {
  await finds(new AxeBuilder({ page }).withRules(["color-contrast-enhanced"]), what);
}

async function finds(axe: AxeBuilder, what: string): Promise<void> {
  const { violations } = await axe.analyze();
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.target.join(" ")}\n    ${node.failureSummary?.replaceAll("\n", " ")}`),
  );
  assert.deepEqual(found, [], what);
}

/** Nothing is wider than the window (WCAG 1.4.10). */
export async function fits(page: Page, what: string): Promise<void> {
  const [wide, window] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.documentElement.clientWidth,
  ]);
  assert.ok((wide ?? 0) <= (window ?? 0), `${what} is ${wide} px wide, in ${window}`);
}

/** How much of the page has moved without anybody's doing, as browsers count it (below 0.1 nobody minds). */
export async function watchShifts(page: Page): Promise<() => Promise<number>> {
  await page.addInitScript(() => {
    const shifts = { sum: 0 };
    Object.assign(window, { shifts });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const { value, hadRecentInput } = entry as PerformanceEntry & { value: number; hadRecentInput: boolean };
        if (!hadRecentInput) shifts.sum += value;
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
  return () => page.evaluate(() => (window as unknown as { shifts: { sum: number } }).shifts.sum);
}

/** Of the whole page; or of what is in sight, where the page is very long. */
export async function picture(page: Page, name: string, fullPage = true): Promise<void> {
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: `${PICTURES}/${name}.png`, fullPage });
}

/** A request as a program makes it. */
export async function ask(method: string, path: string, body?: unknown, token?: string): Promise<Response> {
  const headers = {
    "content-type": "application/json",
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const response = await fetch(`${SERVER}${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${response.ok ? "" : await response.clone().text()}`);
  return response;
}

/** The link to that page in the newest letter to somebody, as a path. */
export async function letter(to: string, page: string): Promise<string> {
  for (let tries = 0; tries < 100; tries += 1) {
    const letters = readFileSync(LOG, "utf8").split("letter to ").slice(1);
    const links = letters.filter((text) => text.startsWith(to)).map((text) => /https?:\/\/\S+/.exec(text)?.[0]);
    const found = links.findLast((link) => link !== undefined && new URL(link).pathname === page);
    if (found !== undefined) {
      const { pathname, hash } = new URL(found);
      return pathname + hash;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`no letter to ${to} leads to ${page}`);
}

/** Ends the daemon by that signal and starts it as it was started; `meanwhile` runs while it is away. */
export async function restart(signal: NodeJS.Signals, meanwhile: () => Promise<void>): Promise<void> {
  const { pid } = JSON.parse(readFileSync(READY, "utf8")) as { pid: number };
  const [program = "", ...words] = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
  const environment = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").filter(Boolean);
  const env = Object.fromEntries(environment.map((line) => [line.split("=", 1)[0], line.slice(line.indexOf("=") + 1)]));
  process.kill(pid, signal);
  await until(() => !isAlive(pid));
  await meanwhile();
  const log = openSync(LOG, "a");
  spawn(program, words, { env, detached: true, stdio: ["ignore", log, log] }).unref();
  await until(async () => (await fetch(`${SERVER}/readyz`).catch(() => undefined))?.ok === true);
}

/** Whether a process runs; one that has ended and that nobody has asked about does not. */
function isAlive(pid: number): boolean {
  const status = `/proc/${pid}/status`;
  return existsSync(status) && !/^State:\tZ/m.test(readFileSync(status, "utf8"));
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("not after a minute");
}

export async function register(person: typeof ADA): Promise<void> {
  await ask("POST", "/api/v1/auth/register", person);
}

/** Signs in as people do, and waits for the first page. */
export async function signIn(
  page: Page,
  { email, password }: Pick<typeof ADA, "email" | "password">,
  from = "/sign-in",
  to = "**/instances",
): Promise<void> {
  await page.goto(from);
  await page.getByLabel("Email address").fill(email);
  await page.getByRole("textbox", { name: "Password" }).fill(password);
  await page.getByRole("main").getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(to);
}

/** Signs out as people do. */
export async function signOut(page: Page): Promise<void> {
  await page.getByRole("button", { name: /^Account of / }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL("**/sign-in**");
}

/** What a file holds that was downloaded. */
export async function textOf(download: Download): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
