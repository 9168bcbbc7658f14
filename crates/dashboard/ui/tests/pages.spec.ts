// Each page in VISITS: no complaint in the console, no barrier that axe finds, in light and dark, wide and narrow; and its picture.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import type { Browser, BrowserContext, Page } from "playwright-core";

import {
  ADA,
  accessible,
  complaints,
  context,
  fits,
  launch,
  letter,
  picture,
  register,
  signIn,
  watchShifts,
} from "./harness.ts";
import { VISITS } from "./pages.ts";
import { running, tokenOf } from "./people.ts";

const WIDTHS = [1280, 320];

// Two at a time: what takes long is the look of axe at each, in the browser.
describe("pages", { concurrency: 2 }, () => {
  let browser: Browser;
  let instance: string;
  const contexts = new Map<string, BrowserContext>();

  before(async () => {
    browser = await launch();
    contexts.set("nobody", await context(browser));
    contexts.set("ada", await context(browser));
    await register(ADA);
    const page = await contexts.get("ada")?.newPage();
    assert.ok(page);
    await signIn(page, ADA);
    await page.goto(await letter(ADA.email, "/verify-email"));
    await page.getByRole("heading", { name: "Your address is verified" }).waitFor();
    instance = (await running(await tokenOf(ADA))).id;
    await page.close();
  });

  after(async () => browser?.close());

  for (const visit of VISITS) {
    test(visit.name, async () => {
      const page = (await contexts.get(visit.as)?.newPage()) as Page;
      const complained = complaints(page);
      const shifted = await watchShifts(page);
      try {
        for (const colorScheme of ["light", "dark"] as const) {
          for (const width of WIDTHS) {
            const what = `${visit.name}-${colorScheme}-${width}`;
            await page.emulateMedia({ colorScheme });
            await page.setViewportSize({ width, height: 900 });
            // A fragment alone would load nothing anew.
            await page.goto("about:blank");
            await page.goto(visit.path.replace("{instance}", instance));
            await page.locator(visit.until).first().waitFor();
            await page.evaluate(() => document.fonts.ready.then(() => undefined));
            await picture(page, what);
            await fits(page, what);
            assert.ok((await shifted()) < 0.1, `${what} moves by ${await shifted()}`);
            await accessible(page, what);
          }
        }
        assert.deepEqual(complained, []);
      } finally {
        await page.close();
      }
    });
  }
});
