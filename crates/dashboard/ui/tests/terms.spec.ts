// Terms of use that have changed since somebody accepted them.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";

import type { Browser, BrowserContext, Page } from "playwright-core";

import { accessible, ask, complaints, context, fits, launch, letter, picture, signIn } from "./harness.ts";

const TITLE = "The terms of use have changed";
let people = 0;

/** Somebody who has accepted terms that are not in force. */
async function late() {
  people += 1;
  const email = `late-${people}-${Date.now()}@example.org`;
  const person = { email, password: "purple monkey dishwasher", name: "Grace Hopper" };
  await ask("POST", "/api/v1/auth/register", { ...person, terms_version: "0" });
  const token = (await letter(email, "/verify-email")).split("#token=")[1];
  await ask("POST", "/api/v1/auth/verify-email", { token, password: person.password });
  return person;
}

describe("terms that have changed", () => {
  let browser: Browser;
  let place: BrowserContext;
  let page: Page;
  let complained: string[];

  const heading = (name: string) => page.getByRole("heading", { name, level: 1 }).waitFor();
  const focused = () => page.evaluate(() => (document.activeElement?.textContent ?? "").trim());
  const isFocused = (role: "checkbox" | "button") =>
    page.evaluate((role) => {
      const at = document.activeElement;
      return at?.getAttribute("role") === role || at?.matches(role === "button" ? "button" : "input[type=checkbox]");
    }, role);
  const tabTo = async (role: "checkbox" | "button") => {
    for (let presses = 0; presses < 10; presses += 1) {
      await page.keyboard.press("Tab");
      if (await isFocused(role)) return;
    }
    assert.fail(`no Tab leads to a ${role}`);
  };

  before(async () => {
    browser = await launch();
  });
  beforeEach(async () => {
    place = await context(browser);
    page = await place.newPage();
    complained = complaints(page);
    await signIn(page, await late());
    await heading(TITLE);
  });
  afterEach(async () => place.close());
  after(async () => browser?.close());

  test("are read and accepted by the keyboard alone, and then the page is there", async () => {
    await page.goto("/organisation");
    await heading(TITLE);
    await page.getByText(/^You have accepted version 0 on \d/).waitFor();
    assert.equal(await focused(), TITLE, "the focus is where it begins");
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      for (const width of [1280, 320]) {
        await page.setViewportSize({ width, height: 900 });
        await picture(page, `terms-due-${colorScheme}-${width}`);
        await fits(page, "terms that are due");
        await accessible(page, "terms that are due");
      }
    }
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.getByRole("heading", { name: TITLE }).focus();
    await tabTo("checkbox");
    await page.keyboard.press("Space");
    await tabTo("button");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: TITLE }).waitFor({ state: "detached" });
    await page.getByRole("heading", { level: 1 }).waitFor();
    const asked = page.waitForResponse("**/api/v1/me");
    await page.reload();
    await asked;
    await page.getByRole("heading", { level: 1 }).waitFor();
    assert.equal(await page.getByText(TITLE).count(), 0, "they are asked for once");
    assert.deepEqual(complained, []);
  });

  test("are not passed by who leaves the box empty, whose account stays within reach", async () => {
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByText("Accept the terms to go on, or leave it at that").first().waitFor();
    await accessible(page, "terms that are due and were not accepted");
    await page.goto("/sign-up");
    await heading(TITLE);
    await page.getByRole("link", { name: "download what is kept of them" }).click();
    await page.getByRole("button", { name: "Delete my account…" }).waitFor();
    assert.equal(await page.getByText(TITLE).count(), 0);
    await page.goto("/instances");
    await heading(TITLE);
    assert.deepEqual(complained, []);
  });
});
