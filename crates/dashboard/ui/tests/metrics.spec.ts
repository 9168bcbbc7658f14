// What an instance uses, live and over time.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import type { Browser, BrowserContext, Page } from "playwright-core";

import {
  accessible,
  ask,
  complaints,
  context,
  contrasting,
  fits,
  launch,
  picture,
  signIn,
  watchShifts,
} from "./harness.ts";
import { type Person, running, somebody } from "./people.ts";

/** Waits until it is known what an instance keeps on disk. */
async function measured(id: string, token: string): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    const shown = await ask("GET", `/api/v1/tenants/${id}`, undefined, token);
    const { sizes } = (await shown.json()) as { sizes: { database: unknown } };
    if (sizes.database !== null) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  assert.fail(`${id} was not measured`);
}

describe("what an instance uses", () => {
  let browser: Browser;
  let place: BrowserContext;
  let page: Page;
  let grace: Person;
  let id: string;

  before(async () => {
    browser = await launch();
    place = await context(browser);
    grace = await somebody();
    id = (await running(grace.token, { environment: { SAMPLE_FLOOD_LINES_PER_SECOND: "2000" } })).id;
    page = await place.newPage();
    await signIn(page, grace);
  });
  after(async () => browser?.close());

  const says = (words: RegExp) => page.locator("figcaption", { hasText: words }).first().waitFor();

  test("is shown as it is sampled, in words, as graphs and as a table", async () => {
    const complained = complaints(page);
    const shifted = await watchShifts(page);
    await page.goto(`/instances/${id}/metrics`);
    await page.getByText("Live", { exact: true }).last().waitFor();
    await says(/Used now .* cores? \(.* of .*\); on average/);
    await page.locator("canvas").nth(4).waitFor();
    const rows = () => page.locator("tbody tr").count();
    await page.getByRole("button", { name: "Show as a table" }).click();
    await page.getByRole("table").waitFor();
    const before = await rows();
    await page.waitForFunction((before) => document.querySelectorAll("tbody tr").length > before + 2, before);
    await picture(page, "metrics-table");
    await accessible(page, "the table");
    await page.getByRole("button", { name: "Hide the table" }).click();
    const canvas = await page.locator("canvas").first().boundingBox();
    await page.mouse.move((canvas?.x ?? 0) + (canvas?.width ?? 0) - 20, (canvas?.y ?? 0) + 60);
    await page.getByText(/ · .*core/).waitFor();
    await picture(page, "metrics-live");
    assert.ok((await shifted()) < 0.1, `it moves by ${await shifted()}`);
    assert.deepEqual(complained, []);
  });

  test("is shown over every time, by keys, with what was done", async () => {
    await page.goto(`/instances/${id}/metrics`);
    await page.getByRole("radio", { name: "Live" }).focus();
    for (const range of ["hour", "day", "week", "month"]) {
      await page.keyboard.press("ArrowRight");
      await page.waitForURL(`**/metrics?range=${range}`);
    }
    await page.goto(`/instances/${id}/metrics?range=hour`);
    await says(/Used (now|last)/);
    await page.locator("canvas").nth(4).waitFor();
    await picture(page, "metrics-hour");
  });

  test("is told in bytes, and how old that is, before it is destroyed", async () => {
    await measured(id, grace.token);
    await page.goto(`/instances/${id}/danger`);
    const says = (words: RegExp) => page.getByRole("main").getByRole("listitem").filter({ hasText: words }).waitFor();
    await says(/^Its database, with all that people have entered: [\d.]+ MiB, measured (just now|.* ago)$/);
    await says(/^Its log, as far as it is kept: [\d.]+ (bytes|KiB|MiB), measured (just now|.* ago)$/);
    await picture(page, "danger-sizes");
    await accessible(page, "what a destroy removes");
    await page.route(`**/api/v1/tenants/${id}`, async (route) => {
      const answer = await route.fetch();
      const none = { database: null, logs: null, dumps: null };
      await route.fulfill({ response: answer, json: { ...(await answer.json()), sizes: none } });
    });
    await page.reload();
    await says(/^Its database, with all that people have entered: not measured yet$/);
    await says(/^Its log, as far as it is kept: not measured yet$/);
    await page.unroute(`**/api/v1/tenants/${id}`);
  });

  test("has marks where something happened, for the mouse, for keys, in words and in the table", async () => {
    const crashing = (await running(grace.token, { environment: { SAMPLE_CRASH_AFTER_SECONDS: "4" } })).id;
    await page.goto(`/instances/${crashing}/metrics?range=hour`);
    const strip = page.getByRole("toolbar", { name: "Processor: what happened" });
    const group = strip.getByRole("button", { name: /crash.*change/ });
    await group.waitFor();
    await page.waitForFunction(() => Number(document.querySelector("[data-mark=crash]")?.textContent) >= 3);
    await group.hover();
    const tip = page.getByRole("tooltip");
    await tip.getByText(/\d+ here/).waitFor();
    await tip
      .getByText(/Crashed with exit code|ended by itself|keeps crashing/)
      .first()
      .waitFor();
    await tip.hover();
    assert.ok(await tip.isVisible(), "what is pointed at stays");
    await picture(page, "metrics-marks");
    await page.mouse.move(0, 0);
    await tip.waitFor({ state: "hidden" });
    // One stop for each graph, and from mark to mark by arrows.
    await page.goto(`/instances/${crashing}/metrics`);
    await strip.getByRole("button").nth(1).waitFor({ timeout: 90_000 });
    await page.getByRole("button", { name: "Show as a table" }).focus();
    await page.keyboard.press("Tab");
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? "");
    const last = await focused();
    assert.match(last, /\d+ \w+, \d\d:\d\d:\d\d/);
    await tip.waitFor();
    await page.keyboard.press("ArrowLeft");
    const before = await focused();
    assert.notEqual(before, last);
    await page.keyboard.press("Home");
    assert.match(await focused(), /Made|change/);
    await accessible(page, "a mark that is looked at");
    await picture(page, "metrics-marks-keys");
    await page.keyboard.press("Escape");
    await tip.waitFor({ state: "hidden" });
    await page.keyboard.press("Tab");
    assert.equal(
      await page.evaluate(() => document.activeElement?.closest("[role=toolbar]")?.getAttribute("aria-label")),
      "Memory: what happened",
    );
    const happened = page.getByRole("list", { name: "What happened in this time" });
    await happened.getByText(/\d+ crash/).waitFor();
    await page.getByRole("button", { name: "Show as a table" }).click();
    await page.getByRole("row", { name: /Made/ }).waitFor();
    await page.locator("tr[data-mark=crash]").first().waitFor();
    await ask("POST", `/api/v1/tenants/${crashing}/stop`, undefined, grace.token);
    for (const theme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme: theme, contrast: "more" });
      await page.goto(`/instances/${crashing}/metrics?range=hour`);
      await group.focus();
      await tip.waitFor();
      await picture(page, `metrics-marks-contrast-${theme}`);
      await contrasting(page, `marks with more contrast, ${theme}`);
    }
    await page.emulateMedia({ colorScheme: null, contrast: null });
  });

  test("is nothing, and no zero, while it does not run", async () => {
    await page.goto(`/instances/${id}/metrics`);
    await says(/Used now/);
    await ask("POST", `/api/v1/tenants/${id}/stop`, undefined, grace.token);
    await page.getByText("Nothing to measure just now").waitFor();
    await says(/Used last/);
    await picture(page, "metrics-stopped");
  });

  test("fits narrow windows, and can be read in light and dark", async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      for (const width of [1280, 320]) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 900 });
        await page.goto(`/instances/${id}/metrics?range=hour`);
        await page.locator("canvas").nth(4).waitFor();
        await page.evaluate(() => document.fonts.ready.then(() => undefined));
        await picture(page, `metrics-${colorScheme}-${width}`);
        await fits(page, `metrics at ${width}`);
        await accessible(page, `metrics, ${colorScheme}, ${width}`);
      }
    }
  });
});
