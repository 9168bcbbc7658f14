// What people do with their own account.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";

import type { Browser, BrowserContext, Page } from "playwright-core";

import { accessible, complaints, context, fits, launch, picture, SERVER, signIn, signOut, textOf } from "./harness.ts";
import { type Person, somebody, totp } from "./people.ts";

const BROKEN = {
  type: "/api/problems#internal",
  title: "Something went wrong",
  status: 500,
  detail: "tell the operator",
  instance: "/api/v1/me",
  code: "internal",
  request_id: "6f1c3bb0f6c84f0b9d5d8f3a9f0e7c11",
};

describe("an account", () => {
  let browser: Browser;
  let place: BrowserContext;
  let page: Page;
  let grace: Person;
  let complained: string[];

  before(async () => {
    browser = await launch();
  });
  beforeEach(async () => {
    grace = await somebody();
    place = await context(browser);
    page = await place.newPage();
    complained = complaints(page);
    await signIn(page, grace);
  });
  afterEach(async () => place.close());
  after(async () => browser?.close());

  test("has another name everywhere once that is kept", async () => {
    await page.getByRole("link", { name: "My account" }).click();
    await page.getByLabel("Name").fill("Rear Admiral Hopper");
    await page.getByRole("button", { name: "Keep it" }).click();
    await page.getByRole("button", { name: "Account of Rear Admiral Hopper" }).waitFor();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download it" }).click(),
    ]);
    const all = JSON.parse(await textOf(download)) as { account: { name: string; email: string } };
    assert.deepEqual([all.account.name, all.account.email], ["Rear Admiral Hopper", grace.email]);
    assert.deepEqual(complained, []);
  });

  test("that can't be had is no page that loads for ever", async () => {
    await page.route("**/api/v1/me", (route) =>
      route.fulfill({ status: 500, contentType: "application/problem+json", json: BROKEN }),
    );
    const again = page.getByRole("main").getByRole("button", { name: "Try again" });
    for (const path of [
      "/organisation",
      "/keys",
      "/audit",
      "/instances/new",
      "/account/letters",
      "/account/security",
      "/account/profile",
    ]) {
      await page.goto(path);
      await again.waitFor();
      assert.equal(await page.getByRole("status", { name: "Loading" }).count(), 0, path);
    }
    await picture(page, "profile-failed");
    await accessible(page, "an account that can't be had");
    await page.unroute("**/api/v1/me");
    await again.click();
    await page.getByRole("button", { name: "Keep it" }).waitFor();
  });

  test("is written what its owner has chosen", async () => {
    await page.getByRole("link", { name: "My account" }).click();
    await page.getByRole("link", { name: "Letters" }).click();
    const choice = page.getByRole("checkbox", { name: "An instance that you had made runs for the first time" });
    assert.equal(await choice.isChecked(), true);
    await choice.focus();
    await page.keyboard.press("Space");
    await page.getByRole("button", { name: "Keep it" }).click();
    await page.getByText("Your choice is kept").first().waitFor();
    await page.reload();
    await choice.waitFor();
    assert.equal(await choice.isChecked(), false);
    assert.deepEqual(complained, []);
  });

  test("has another password once the old one is given, and its other sessions end", async () => {
    const other = await (await context(browser)).newPage();
    await signIn(other, grace);
    await page.goto("/account/security");
    const [now, next] = [page.getByRole("textbox", { name: "Password of now" }), "seventeen green submarines"];
    await now.fill("not the password");
    await page.getByRole("textbox", { name: "New password" }).fill(next);
    await page.getByRole("button", { name: "Change it" }).click();
    await page.getByRole("alert").first().waitFor();
    await picture(page, "password-refused");
    await now.fill(grace.password);
    await page.getByRole("button", { name: "Change it" }).click();
    await page.getByText("Your password is changed").first().waitFor();
    await other.goto("/account/sessions");
    await other.waitForURL("**/sign-in**");
    await other.context().close();
    await signOut(page);
    await signIn(page, { email: grace.email, password: next });
  });

  test("ends all its other sessions at once, and goes on in this one", async () => {
    const other = await (await context(browser)).newPage();
    await signIn(other, grace);
    await page.goto("/account/sessions");
    const end = page.getByRole("button", { name: "End all others" });
    await end.waitFor();
    await picture(page, "sessions");
    await accessible(page, "several sessions");
    await end.focus();
    await page.keyboard.press("Enter");
    await page.getByText("All other sessions have ended").first().waitFor();
    await page
      .getByRole("button", { name: /^End the session of/ })
      .first()
      .waitFor({ state: "detached" });
    assert.ok(await end.evaluate((button) => button === document.activeElement), "the focus stays");
    await page.reload();
    await page.getByText("This browser").waitFor();
    assert.equal(await page.getByRole("main").getByRole("listitem").count(), 1);
    await other.goto("/account/sessions");
    await other.waitForURL("**/sign-in**");
    await other.context().close();
    assert.deepEqual(complained, []);
  });

  test("gets a second factor by a code for the camera, and is asked for it from then on", async () => {
    await page.goto("/account/security");
    await page.getByRole("button", { name: "Use a second factor…" }).click();
    await page.getByRole("textbox", { name: "Your password, once more" }).fill(grace.password);
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByRole("img", { name: "QR code of the secret" }).waitFor();
    for (const [colorScheme, width] of [
      ["light", 1280],
      ["dark", 320],
    ] as const) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      await picture(page, `second-factor-${colorScheme}-${width}`);
      await fits(page, "a code for the camera");
      await accessible(page, "a code for the camera");
    }
    const secret = (await page.locator("code", { hasText: /^[A-Z2-7]{16,}$/ }).textContent()) ?? "";
    await page.getByLabel("Code that your app shows").fill(totp(secret));
    await page.getByRole("button", { name: "Use it from now on" }).click();
    await page.getByText("Keep these recovery codes somewhere safe").waitFor();
    const codes = await page.getByRole("listitem").locator("code").allTextContents();
    assert.ok(codes.length >= 8, "there are codes for who loses the telephone");
    await accessible(page, "recovery codes");
    await page.setViewportSize({ width: 1280, height: 900 });
    await signOut(page);
    await page.getByLabel("Email address").fill(grace.email);
    await page.getByRole("textbox", { name: "Password" }).fill(grace.password);
    await page.getByRole("main").getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("button", { name: "I don't have my phone" }).click();
    await page.getByLabel("Recovery code").fill(codes[0] ?? "");
    await page.getByRole("button", { name: "Go on" }).click();
    await page.waitForURL("**/instances");
  });

  test("is deleted for good by who knows its password", async () => {
    await page.goto("/account/profile");
    await page.getByRole("button", { name: "Delete my account…" }).click();
    await page.getByRole("textbox", { name: "Your password, once more" }).fill(grace.password);
    await picture(page, "account-delete");
    await accessible(page, "a farewell");
    await page.getByRole("button", { name: "Delete my account for good" }).click();
    await page.waitForURL("**/sign-in**");
    const { email, password } = grace;
    const headers = { "content-type": "application/json" };
    const login = await fetch(`${SERVER}/api/v1/auth/login`, {
      method: "POST",
      headers,
      body: JSON.stringify({ email, password }),
    });
    assert.equal(login.status, 401);
  });
});
