// The platform goes and comes again under somebody's eyes.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import type { Browser, Page } from "playwright-core";

import { context, launch, picture, restart, signIn } from "./harness.ts";
import { floodNumber, plainText } from "./log.ts";
import { type Instance, type Person, remove, running, somebody, tokenOf } from "./people.ts";

/** Lines a second. */
const RATE = 50;

describe("a restart of the platform", () => {
  let browser: Browser;
  let page: Page;
  let owner: Person;
  let instance: Instance;

  before(async () => {
    browser = await launch();
    page = await (await context(browser)).newPage();
    owner = await somebody();
    instance = await running(owner.token, { environment: { SAMPLE_FLOOD_LINES_PER_SECOND: String(RATE) } });
    await signIn(page, owner);
  });
  after(async () => {
    await remove(instance, await tokenOf(owner));
    await browser?.close();
  });

  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    test(`by ${signal} loses no line of a log that is looked at, and shows none twice`, async () => {
      await page.goto(`/instances/${instance.id}/logs`);
      const live = page.getByText("Live", { exact: true });
      await live.waitFor();
      await page.waitForTimeout(1000);
      await restart(signal, async () => {
        await page.getByText(/Disconnected/).waitFor();
        await picture(page, `logs-${signal}`);
        await page.waitForTimeout(1000);
      });
      await live.waitFor({ timeout: 90_000 });
      await page.waitForTimeout(2000);
      const numbers = (await plainText(page)).map(floodNumber).filter((number) => number > 0);
      console.log(`${signal}: ${numbers.length} lines in a row`);
      assert.deepEqual(
        numbers,
        numbers.map((_, index) => (numbers[0] ?? 0) + index),
      );
      assert.ok(numbers.length > 4 * RATE, "there are lines from before, from meanwhile and from after");
    });
  }
});
