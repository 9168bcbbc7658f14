// The front page: an example of the dashboard that moves gently, can be stopped, and stands still for who wants no motion.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import type { Browser, Page } from "playwright-core";

import { accessible, complaints, context, fits, launch, picture, watchShifts } from "./harness.ts";

describe("the front page's example", () => {
  let browser: Browser;

  before(async () => {
    browser = await launch();
  });
  after(async () => browser?.close());

  const open = async (reducedMotion: "reduce" | "no-preference", width = 1440) => {
    const page = await (await context(browser, { reducedMotion, viewport: { width, height: 900 } })).newPage();
    const shifted = await watchShifts(page);
    const complained = complaints(page);
    await page.goto("/");
    await page.locator("figure .log-row").first().waitFor();
    await page.evaluate(() => document.fonts.ready.then(() => undefined));
    return { page, shifted, complained };
  };
  const stop = (page: Page) => page.getByRole("button", { name: "Stop the example" });
  /** Where what is around it is, and how large each of its parts. */
  const places = (page: Page) =>
    page.evaluate(() => {
      const parts = document.querySelectorAll("main h1, main h2, figure, figure [data-surface], figure .log");
      return [...parts].map((part) => {
        const { top, left, width, height } = part.getBoundingClientRect();
        return [top, left, width, height].map(Math.round);
      });
    });
  const shown = (page: Page) => page.locator("figure > [aria-hidden]").textContent();

  test("moves without moving the page, and can be stopped", async () => {
    const { page, shifted, complained } = await open("no-preference");
    await page.getByText("An example of the dashboard, with made-up studies.").waitFor();
    const before = await places(page);
    const first = await shown(page);
    await page.waitForFunction(
      (first) => document.querySelector("figure > [aria-hidden]")?.textContent !== first,
      first,
    );
    // All that happens in it, once.
    await page.locator("figure").getByText("Getting ready").waitFor({ state: "hidden", timeout: 60_000 });
    await page.locator("figure").getByText("Getting ready").waitFor({ timeout: 60_000 });
    assert.deepEqual(await places(page), before, "what is around it, and each of its parts, stays where it was");
    assert.ok((await shifted()) < 0.1, `it moves by ${await shifted()}`);
    await stop(page).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Play the example" }).waitFor();
    const lines = () => page.locator("figure .log").textContent();
    const held = await lines();
    await page.waitForTimeout(5000);
    assert.equal(await lines(), held, "it stands still");
    await accessible(page, "an example that was stopped");
    assert.deepEqual(complained, []);
    await page.context().close();
  });

  test("stands still for who wants no motion", async () => {
    const { page } = await open("reduce");
    assert.equal(await stop(page).count(), 0);
    await page.locator("figure").getByText("Running", { exact: true }).nth(1).waitFor();
    const held = await page.locator("figure .log").textContent();
    await page.waitForTimeout(5000);
    assert.equal(await page.locator("figure .log").textContent(), held);
    await page.context().close();
  });

  test("is nothing that a keyboard or a screen reader stumbles into", async () => {
    const { page } = await open("reduce");
    assert.equal(await page.locator("figure a, figure button").count(), 0, "no link or button in it");
    assert.equal(await page.getByRole("figure").getByText("teen-friendships", { exact: true }).count(), 1);
    const tree = await page.locator("figure").ariaSnapshot();
    assert.ok(!tree.includes("teen-friendships"), tree);
    await page.context().close();
  });

  test("fits every window, in light and dark", async () => {
    for (const width of [320, 768, 1440]) {
      const { page } = await open("reduce", width);
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        await picture(page, `home-${colorScheme}-${width}`);
        await fits(page, `the front page at ${width}`);
        await accessible(page, `the front page, ${colorScheme}, ${width}`);
      }
      await page.context().close();
    }
  });
});
