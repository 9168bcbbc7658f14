// A log before somebody's eyes: under flood, over lost connections, searched, by keys.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import type { Browser, BrowserContext, Locator, Page } from "playwright-core";

import type { LogFrame, Logs } from "../src/api/schema.ts";
import { accessible, ask, complaints, context, fits, launch, picture, signIn, textOf } from "./harness.ts";
import { floodNumber, frames, heapOf, plainText, shown } from "./log.ts";
import { type Instance, type Person, reached, running, somebody } from "./people.ts";

/** Lines a second that the flooded one writes. */
const RATE = 1000;
/** Lines that come faster than a slow network takes them, and are to be scrolled back to: not sure on a machine that is busy. */
const LAGGED =
  process.env["FRESCO_LAGGED"] === undefined ? "only with FRESCO_LAGGED=1: it wants a machine of its own" : false;
/** How long it is looked at here; for the whole promise, `npm run measure`. */
const SECONDS = 20;

describe("the log of an instance", () => {
  let browser: Browser;
  let place: BrowserContext;
  let page: Page;
  let grace: Person;
  let calm: string;

  before(async () => {
    browser = await launch();
    place = await context(browser);
    grace = await somebody();
    calm = (await running(grace.token, { environment: { SAMPLE_FLOOD_LINES: "30000" } })).id;
    await place.addInitScript(() => {
      const sockets = new Set<WebSocket>();
      window.WebSocket = class extends WebSocket {
        constructor(url: string | URL, protocols?: string | string[]) {
          super(url, protocols);
          sockets.add(this);
        }
      };
      Object.assign(window, {
        cut: () => {
          for (const socket of sockets) socket.close();
        },
      });
    });
    page = await place.newPage();
    await signIn(page, grace);
  });
  after(async () => browser?.close());

  const log = () => page.getByRole("log");
  const open = async (id: string, search = "") => {
    await page.goto(`/instances/${id}/logs${search}`);
    await log().waitFor();
    await page.locator(".log-row").first().waitFor();
  };
  /** Goes back, page by page, until it is there. */
  const scrollTo = async (row: Locator) => {
    for (let turns = 0; turns < 2000 && !(await row.isVisible()); turns += 1) {
      await log().evaluate((element) => {
        element.scrollTop -= element.clientHeight;
      });
    }
    await row.waitFor();
  };
  const follows = () => page.getByText("Live", { exact: true }).waitFor();

  test("flows at a thousand lines a second without a hitch, and keeps so many and no more", async () => {
    const flooded = (await running(grace.token, { environment: { SAMPLE_FLOOD_LINES_PER_SECOND: String(RATE) } })).id;
    const complained = complaints(page);
    await open(flooded);
    await follows();
    await page.waitForTimeout(3000);
    const heap = await heapOf(page);
    const figures: string[] = [];
    const first = await numberShown(page);
    const begun = Date.now();
    for (let left = SECONDS; left > 0; left -= 5) {
      const { rate } = await frames(page, 5000);
      figures.push(`${rate.toFixed(0)} frames/s, ${(await heap()).toFixed(1)} MB`);
    }
    const last = await numberShown(page);
    const passed = (last - first) / ((Date.now() - begun) / 1000);
    console.log(`flood: ${passed.toFixed(0)} lines/s shown; ${figures.join("; ")}`);
    await picture(page, "logs-flood");
    assert.ok(await page.evaluate(() => document.querySelectorAll(".log-row").length < 200), "few rows are drawn");
    assert.ok(last > first, "it goes on");
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByRole("button", { name: /^[\d,]+ new$/ }).waitFor();
    const [held] = await shown(page);
    await page.waitForTimeout(1500);
    assert.equal((await shown(page))[0], held, "what is read stays where it is");
    await picture(page, "logs-paused");
    await page.getByRole("button", { name: /new$/ }).click();
    await follows();
    await ask("POST", `/api/v1/tenants/${flooded}/stop`, undefined, grace.token);
    await page.getByText(/container stopped/).waitFor();
    assert.deepEqual(complained, []);
  });

  test("loses nothing and shows nothing twice over a lost connection", async () => {
    const counting = (await running(grace.token, { environment: { SAMPLE_FLOOD_LINES_PER_SECOND: "50" } })).id;
    await open(counting);
    await follows();
    for (let cuts = 0; cuts < 2; cuts += 1) {
      await page.waitForTimeout(1500);
      await place.setOffline(true);
      await page.evaluate(() => (window as unknown as { cut: () => void }).cut());
      await page.getByText(/Disconnected/).waitFor();
      if (cuts === 0) await picture(page, "logs-disconnected");
      await page.waitForTimeout(1500);
      await place.setOffline(false);
      await follows();
    }
    await page.waitForTimeout(1000);
    const numbers = (await plainText(page)).map(floodNumber).filter((number) => number > 0);
    console.log(`reconnected twice: ${numbers.length} lines in a row`);
    assert.ok(numbers.length > 200);
    const expected = numbers.map((_, index) => (numbers[0] ?? 0) + index);
    assert.deepEqual(numbers, expected);
    await ask("POST", `/api/v1/tenants/${counting}/stop`, undefined, grace.token);
  });

  test("says where lines are missing, and how many", async () => {
    // Far more than the engine keeps of a log, before anybody reads it.
    const { id } = await running(grace.token, { environment: { SAMPLE_FLOOD_LINES: "600000" } });
    const gap = await firstGap(id, grace.token);
    await open(id, `?at=${gap.cursor}`);
    const row = page.locator(`[data-cursor="${gap.cursor}"]`);
    await row.getByText(gap.lost == null ? /nobody knows how many/ : lines(gap.lost)).waitFor();
    await picture(page, "logs-gap");
    await accessible(page, "a gap");
    await ask("POST", `/api/v1/tenants/${id}/stop`, undefined, grace.token);
  });

  test("tells a page that was too slow what it has missed, and loads it in its place", { skip: LAGGED }, async () => {
    const { id } = await running(grace.token, { environment: { SAMPLE_FLOOD_LINES_PER_SECOND: "8000" } });
    const come = received(page);
    await open(id);
    await follows();
    const network = await slowNetwork(page);
    await network.slow();
    await page.waitForTimeout(8_000);
    // Not longer than the platform waits for who takes nothing.
    const stop = await ask("POST", `/api/v1/tenants/${id}/stop`, undefined, grace.token);
    await reached(((await stop.json()) as { tenant: Instance }).tenant, grace.token);
    await network.fast();
    come.at = Date.now();
    while (Date.now() - come.at < 5_000) await page.waitForTimeout(500);
    const lagged = come.frames.findLast((frame) => frame.type === "lagged");
    assert.ok(lagged?.type === "lagged", "it is told");
    const skipped = page.locator(`[data-cursor="lag-${lagged.from}"]`);
    await scrollTo(skipped);
    await log().evaluate((element) => {
      element.scrollTop -= element.clientHeight / 2;
    });
    await page.waitForTimeout(200);
    await picture(page, "logs-lagged", false);
    await accessible(page, "what was skipped");
    console.log(`a page that was too slow: ${lagged.skipped} lines`);
    assert.match((await skipped.textContent()) ?? "", new RegExp(lines(lagged.skipped)), "it is told how many");
    await skipped.getByRole("button", { name: "Load these" }).click();
    await page.locator(`[data-cursor="${lagged.from}"]`).waitFor();
    await picture(page, "logs-lagged-loaded", false);
  });

  test("scrolls back through more than it keeps, without a jump, and to the newest again", async () => {
    await open(calm);
    await follows();
    const box = await log().boundingBox();
    await page.mouse.move((box?.x ?? 0) + 100, (box?.y ?? 0) + 100);
    let lowest = Number.POSITIVE_INFINITY;
    for (let turns = 0; turns < 400 && lowest > 1; turns += 1) {
      await page.mouse.wheel(0, -20_000);
      await page.waitForTimeout(30);
      const numbers = (await shown(page)).map(floodNumber).filter((number) => number > 0);
      const [first = 0] = numbers;
      assert.deepEqual(
        numbers,
        numbers.map((_, index) => first + index),
        "lines stand in their order",
      );
      if (first > 0) lowest = Math.min(lowest, first);
    }
    assert.equal(lowest, 1, "the first line is reached");
    await page.getByRole("button", { name: "To the newest" }).click();
    await page.getByText("flood over").waitFor();
    await follows();
  });

  test("finds by text and by expression, shows what is around it, and leads back", async () => {
    await open(calm);
    const field = page.getByRole("searchbox");
    await field.fill("FLOOD");
    await page.waitForURL(/query=/);
    await page.locator("mark").first().waitFor();
    // Whoever types on does so in the same field.
    await page.keyboard.type(" 0012345");
    await page.waitForURL(/query=FLOOD.*0012345/);
    await page.locator("mark").first().waitFor();
    assert.match((await page.locator(".log-row mark").allTextContents()).join(), /flood 0012345/);
    await picture(page, "logs-found");
    await accessible(page, "found lines");
    await page.locator(".log-row", { has: page.locator("mark") }).click();
    await page.getByRole("button", { name: "Context" }).click();
    await page.waitForURL(/at=/);
    await page.locator("[data-chosen]").waitFor();
    const around = (await shown(page)).map(floodNumber).filter((number) => number > 0);
    assert.ok(around.includes(12_344) && around.includes(12_346), "its neighbours are there");
    await page.goBack();
    await page.locator("mark").first().waitFor();
    await page.getByRole("button", { name: "By regular expression" }).click();
    await page.getByRole("searchbox").fill("00123[0-4]5 ");
    await page.locator("mark").nth(4).waitFor();
    await page.getByRole("searchbox").fill("(");
    await page.getByRole("heading", { name: "This can't be searched for" }).waitFor();
    await picture(page, "logs-no-expression");
    await page.getByRole("searchbox").fill("no such words");
    await page.waitForFunction(() => document.querySelectorAll(".log-row:not([data-kind])").length === 0);
  });

  test("a link leads to its line, and a time to its first", async () => {
    await open(calm, "?query=0020000");
    await page.locator("mark").first().waitFor();
    const cursor = await page.locator(".log-row", { has: page.locator("mark") }).getAttribute("data-cursor");
    await open(calm, `?at=${cursor}`);
    await page.locator(`[data-cursor="${cursor}"][data-chosen]`).waitFor();
    assert.ok(await page.locator(`[data-cursor="${cursor}"]`).isVisible());
    await picture(page, "logs-link");
    await page.getByRole("button", { name: "Go to a time" }).click();
    await picture(page, "logs-time");
    await accessible(page, "a time");
    await page.route("**/api/v1/tenants/*/logs?*", (route) => route.abort());
    await page.getByRole("button", { name: "1 day ago" }).click();
    await page.getByText("That could not be looked up").waitFor();
    await picture(page, "logs-time-failed");
    await page.keyboard.press("Escape");
    await log().focus();
    await page.keyboard.press("Home");
    await page.getByText("The platform can't be reached").first().waitFor();
    await page.unroute("**/api/v1/tenants/*/logs?*");
    await page.getByRole("button", { name: "Go to a time" }).click();
    await page.getByRole("button", { name: "1 day ago" }).click();
    await page.waitForURL((url) => !url.search.includes(String(cursor)));
    await page.getByRole("button", { name: "1 day ago" }).waitFor({ state: "hidden" });
    await page.locator("[data-chosen]").waitFor();
    await page.getByText("Here begins what is kept.").waitFor();
    await page.goto(`/instances/${calm}/logs?at=000000000000-o-1-0`);
    await page.getByRole("heading", { name: "This line is not kept any more" }).waitFor();
    await picture(page, "logs-gone");
  });

  test("the keyboard alone does all of it", async () => {
    await place.grantPermissions(["clipboard-read", "clipboard-write"]);
    await open(calm);
    await follows();
    await log().focus();
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("k");
    await page.keyboard.press("Shift+ArrowUp");
    assert.equal(await page.locator("[data-chosen]").count(), 2);
    await picture(page, "logs-chosen");
    await accessible(page, "chosen lines");
    await page.keyboard.press("c");
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    assert.equal(copied.split("\n").length, 2);
    await page.keyboard.press("l");
    assert.match(await page.evaluate(() => navigator.clipboard.readText()), /\/logs\?at=[0-9a-f]{12}-/);
    await page.keyboard.press("Escape");
    assert.equal(await page.locator("[data-chosen]").count(), 0);
    await page.keyboard.press("End");
    await follows();
    await page.keyboard.press("f");
    await page.getByText("Paused", { exact: true }).waitFor();
    await page.keyboard.press("Home");
    await page.getByText("Here begins what is kept.").waitFor();
    await log().focus();
    await page.keyboard.press("w");
    await page.locator('.log[data-wraps="true"]').waitFor();
    await page.keyboard.press("w");
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keys of the log" }).waitFor();
    await picture(page, "logs-keys");
    await accessible(page, "the keys");
    await page.keyboard.press("Escape");
    await page.getByRole("dialog", { name: "Keys of the log" }).waitFor({ state: "hidden" });
    await log().focus();
    await page.keyboard.press("p");
    await page.getByRole("region", { name: "The log as plain text" }).waitFor();
    await page.getByText("Link copied").first().waitFor({ state: "hidden" });
    await picture(page, "logs-plain");
    await accessible(page, "plain text");
    await page.getByRole("button", { name: "Back to the live log" }).click();
    await log().focus();
    await page.keyboard.press("/");
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("type")), "search");
  });

  test("a file of it is had", async () => {
    await open(calm);
    await page.getByRole("button", { name: "Download" }).click();
    await page.getByText(/up to 64 MiB/).waitFor();
    await picture(page, "logs-download");
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "As text" }).click(),
    ]);
    assert.match(download.suggestedFilename(), /^study-.*\.log$/);
    const text = await textOf(download);
    assert.equal(text.match(/flood \d{7} /g)?.length, 30_000);
  });

  test("fits narrow windows, and can be read in light and dark", async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      for (const width of [1280, 320]) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 900 });
        await page.evaluate(() => localStorage.removeItem("fresco.logs-wrap"));
        await open(calm);
        await follows();
        await page.evaluate(() => document.fonts.ready.then(() => undefined));
        await picture(page, `logs-${colorScheme}-${width}`);
        await fits(page, `logs at ${width}`);
        await accessible(page, `logs, ${colorScheme}, ${width}`);
      }
    }
    await page.setViewportSize({ width: 1280, height: 900 });
  });
});

/** A network that can be made slow and fast again, for all that a page loads. */
async function slowNetwork(page: Page): Promise<{ slow: () => Promise<void>; fast: () => Promise<void> }> {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  const be = async (bytes: number) => {
    const speed = { downloadThroughput: bytes, uploadThroughput: bytes };
    await session.send("Network.emulateNetworkConditions", { offline: false, latency: 0, ...speed });
  };
  return { slow: () => be(20_000), fast: () => be(-1) };
}

const lines = (number: number) => `${number.toLocaleString("en")} line`;

/** Where the first lines of a log are missing. */
async function firstGap(id: string, token: string): Promise<{ cursor: string; lost?: number | null }> {
  let place = "oldest=true";
  for (let tries = 0; tries < 300; tries += 1) {
    const answer = await ask("GET", `/api/v1/tenants/${id}/logs?limit=5000&${place}`, undefined, token);
    const { items, after, more } = (await answer.json()) as Logs;
    const gap = items.find((item) => item.type === "gap");
    if (gap?.type === "gap") return gap;
    if (after != null) place = `after=${after}`;
    if (!more) await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`nothing is missing in the log of ${id}`);
}

/** What comes by the sockets that a page opens from now on: each frame, and when the last one came. */
function received(page: Page): { frames: LogFrame[]; at: number } {
  const all = { frames: [] as LogFrame[], at: Date.now() };
  page.on("websocket", (socket) => {
    socket.on("framereceived", ({ payload }) => {
      all.at = Date.now();
      // What the tests are about is short.
      if (payload.length < 1000) all.frames.push(JSON.parse(String(payload)) as LogFrame);
    });
  });
  return all;
}

async function numberShown(page: Page): Promise<number> {
  return Math.max(...(await shown(page)).map(floodNumber));
}
