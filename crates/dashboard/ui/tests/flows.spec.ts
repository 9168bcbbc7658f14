// What people do, from one page to the next.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";

import type { Browser, BrowserContext, Page } from "playwright-core";

import {
  accessible,
  ask,
  complaints,
  context,
  contrasting,
  fits,
  LOG,
  launch,
  letter,
  picture,
  register,
  SERVER,
  signIn,
  signOut,
} from "./harness.ts";
import { organisation, somebody, totp } from "./people.ts";

const heading = (page: Page, name: string) => page.getByRole("heading", { name }).waitFor();

describe("what people do", () => {
  let browser: Browser;
  let place: BrowserContext;
  let page: Page;

  before(async () => {
    browser = await launch();
  });
  after(async () => browser?.close());

  const fresh = async () => {
    await place?.close();
    place = await context(browser);
    page = await place.newPage();
    return page;
  };

  test("who needs help writes to whoever runs the platform", async () => {
    const grace = await somebody();
    await fresh();
    const complained = complaints(page);
    await page.goto("/support");
    await page.getByRole("button", { name: "Send it" }).click();
    await page.getByRole("alert").first().waitFor();
    await picture(page, "help-refused");
    await page.getByLabel("Email address").fill(grace.email);
    await page.getByLabel("Instance").fill("my-study");
    await page.getByLabel("Message").fill("It says that its database is full.\nWhat can I do?");
    await page.getByRole("button", { name: "Send it" }).click();
    await page.getByText("Your message is on its way").waitFor();
    await picture(page, "help-sent");
    await accessible(page, "a message that was sent");
    assert.match(
      readFileSync(LOG, "utf8"),
      /letter to help@example\.org: Help wanted: It says that its database is full\./,
    );
    await signIn(page, grace);
    await page.goto("/support");
    await page.getByLabel("Message").waitFor();
    assert.equal(await page.getByLabel("Email address").inputValue(), grace.email);
    assert.deepEqual(complained, []);
  });

  test("who signs in stays signed in over a reload and in a second tab, and is out everywhere after signing out", async () => {
    const grace = await somebody();
    await fresh();
    const complained = complaints(page);
    await page.goto("/account/sessions");
    await page.waitForURL("**/sign-in?next=**");
    await page.getByLabel("Email address").fill(grace.email);
    await page.getByRole("textbox", { name: "Password" }).fill(grace.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL("**/account/sessions");
    await page.reload();
    await page.getByText("This browser").waitFor();
    const second = await place.newPage();
    // Both renew at once: a token that is used twice would end the session.
    await Promise.all([page.reload(), second.goto("/account/sessions")]);
    await Promise.all([page.getByText("This browser").waitFor(), second.getByText("This browser").waitFor()]);
    assert.deepEqual(complained, []);
    assert.deepEqual(await stored(page), ["fresco.signed-in=yes"], "no token is in storage");
    await page.getByRole("button", { name: "Account of Grace Hopper" }).click();
    await picture(page, "user-menu");
    await accessible(page, "the menu");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL("**/sign-in**");
    await page.goto("/instances");
    await page.waitForURL("**/sign-in?next=**");
  });

  test("the keyboard alone signs in, and past the navigation", async () => {
    const grace = await somebody();
    await fresh();
    await page.goto("/sign-in");
    await page.getByLabel("Email address").waitFor();
    await page.keyboard.press("Tab");
    assert.equal(await focused(page), "Skip to the content");
    await picture(page, "skip-link");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    await page.keyboard.type(grace.email);
    await page.keyboard.press("Tab");
    await page.keyboard.type(grace.password);
    await page.keyboard.press("Enter");
    await page.waitForURL("**/instances");
    await heading(page, "No instance yet");
    await picture(page, "instances-empty");
    await accessible(page, "no instances");
  });

  test("what is wrong is said at its field, and what the server refuses above them", async () => {
    await fresh();
    await page.goto("/sign-in");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("2 things are not right").waitFor();
    assert.match(await page.evaluate(() => document.activeElement?.textContent ?? ""), /things are not right/);
    await picture(page, "sign-in-empty");
    await accessible(page, "an empty form");
    await page.getByRole("link", { name: "Enter your password" }).click();
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("name")), "password");
    await page.getByLabel("Email address").fill("nobody@example.org");
    await page.getByRole("textbox", { name: "Password" }).fill("not the password");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("The address, the password or the code is not right").waitFor();
    await picture(page, "sign-in-refused");
    await accessible(page, "a refused form");
  });

  test("a forgotten password is chosen anew by its letter, once", async () => {
    const grace = await somebody();
    await fresh();
    await page.goto("/sign-in");
    await page.getByRole("link", { name: "Forgotten your password?" }).click();
    await heading(page, "Forgotten your password?");
    await page.getByLabel("Email address").fill(grace.email);
    await page.getByRole("button", { name: "Send me the link" }).click();
    await heading(page, "Look into your mailbox");
    await picture(page, "forgot-password-sent");
    await accessible(page, "a letter on its way");
    const link = await letter(grace.email, "/reset-password");
    await page.goto(link);
    await page.getByRole("textbox", { name: "New password" }).waitFor();
    assert.equal(new URL(page.url()).hash, "", "the token is out of the address bar");
    await page.getByRole("textbox", { name: "New password" }).fill("password1234");
    await page.getByRole("button", { name: "Change it" }).click();
    await page.locator('[aria-invalid="true"]').waitFor();
    await picture(page, "reset-password-weak");
    await page.getByRole("textbox", { name: "New password" }).fill("seventeen green submarines");
    await page.getByRole("button", { name: "Change it" }).click();
    await heading(page, "Your password is changed");
    await page.goto("about:blank");
    await page.goto(link);
    await page.getByRole("textbox", { name: "New password" }).fill("eighteen green submarines");
    await page.getByRole("button", { name: "Change it" }).click();
    await heading(page, "This link is no longer good");
    await signIn(page, { email: grace.email, password: "seventeen green submarines" });
  });

  test("who has a second factor is asked for it, and comes in by a recovery code too", async () => {
    const { email, password, token } = await somebody();
    const begun = await ask("POST", "/api/v1/me/totp", { password }, token);
    const { secret } = (await begun.json()) as { secret: string };
    const confirmed = await ask("POST", "/api/v1/me/totp/confirm", { code: totp(secret) }, token);
    const codes = ((await confirmed.json()) as { codes: string[] }).codes;
    await fresh();
    await page.goto("/sign-in");
    await page.getByLabel("Email address").fill(email);
    await page.getByRole("textbox", { name: "Password" }).fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await heading(page, "One more step");
    await picture(page, "second-factor");
    await accessible(page, "the second factor");
    await page.getByLabel("Code").fill("12345");
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByText("Enter the six digits that your app shows").waitFor();
    await page.getByRole("button", { name: "I don't have my phone" }).click();
    await page.getByLabel("Recovery code").fill(codes[0] ?? "");
    await page.getByRole("button", { name: "Go on" }).click();
    await page.waitForURL("**/instances");
  });

  test("a program gets its key from who has started it", async () => {
    const grace = await somebody();
    const begun = await ask("POST", "/api/v1/auth/device", { name: "frescod on laptop" });
    const { verification_uri_complete, device_code } = (await begun.json()) as Record<string, string>;
    const link = new URL(verification_uri_complete ?? "");
    await fresh();
    const sent: string[] = [];
    page.on("request", (request) => sent.push(request.url()));
    await page.goto(link.pathname + link.hash);
    await page.waitForURL("**/sign-in?next=**");
    await page.getByLabel("Email address").waitFor();
    // A page may be loaded again.
    await page.reload();
    await page.getByLabel("Email address").fill(grace.email);
    await page.getByRole("textbox", { name: "Password" }).fill(grace.password);
    await page.getByRole("main").getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL("**/device#**");
    const code = new URLSearchParams(link.hash.slice(1)).get("code") ?? "";
    assert.notEqual(code, "");
    assert.equal(await page.getByLabel("Code").inputValue(), code);
    const seen = sent.map((url) => new URL(url)).filter(({ pathname, search }) => (pathname + search).includes(code));
    assert.deepEqual(seen, [], "no server is sent the code in an address");
    // A session that ends meanwhile doesn't lose it.
    await place.clearCookies();
    await page.route("**/api/v1/auth/device/look", (route) => route.fulfill({ status: 401, json: {} }));
    await page.getByRole("button", { name: "Go on" }).click();
    await page.waitForURL("**/sign-in?next=**");
    await page.getByLabel("Email address").waitFor();
    assert.equal(new URL(page.url()).search, "?next=%2Fdevice");
    await page.unroute("**/api/v1/auth/device/look");
    await page.getByLabel("Email address").fill(grace.email);
    await page.getByRole("textbox", { name: "Password" }).fill(grace.password);
    await page.getByRole("main").getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL("**/device#**");
    assert.equal(await page.getByLabel("Code").inputValue(), code);
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByText("frescod on laptop").waitFor();
    await picture(page, "device-asks");
    await accessible(page, "a program asks");
    await page.getByRole("button", { name: "Yes, give it a key" }).click();
    await heading(page, "It has its key");
    const { token } = (await (await ask("POST", "/api/v1/auth/device/token", { device_code })).json()) as Record<
      string,
      unknown
    >;
    assert.match(String(token), /^frk_/);
  });

  test("an address is verified in a browser where nobody is signed in, by the password", async () => {
    const person = {
      email: `verify-${Date.now()}@example.org`,
      password: "purple monkey dishwasher",
      name: "Ada Lovelace",
    };
    await register(person);
    await fresh();
    await page.goto(await letter(person.email, "/verify-email"));
    await page.getByRole("heading", { name: "Is it your account?" }).waitFor();
    await accessible(page, "verify by password");
    await page.getByRole("textbox", { name: "Password" }).fill(person.password);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Your address is verified" }).waitFor();
  });

  test("who is invited signs in, accepts, and acts in that organisation", async () => {
    const [owner, grace] = [await somebody(), await somebody()];
    const { id, token } = await organisation(owner);
    await ask("POST", `/api/v1/organisations/${id}/invitations`, { email: grace.email, role: "manager" }, token);
    await fresh();
    await page.goto(await letter(grace.email, "/invitation"));
    await page.getByRole("main").getByRole("link", { name: "Sign in" }).click();
    await page.getByLabel("Email address").fill(grace.email);
    await page.getByRole("textbox", { name: "Password" }).fill(grace.password);
    await page.getByRole("main").getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("button", { name: "Accept the invitation" }).click();
    await page.waitForURL("**/instances");
    assert.equal(await page.getByLabel("Organisation").inputValue(), id);
    await picture(page, "organisations");
    await accessible(page, "several organisations");
    await page.getByLabel("Organisation").selectOption({ index: 0 });
    await page.getByLabel("Organisation").locator("option:checked").waitFor({ state: "attached" });
  });

  test("who is invited joins once, whatever fails on the way", async () => {
    const [owner, grace] = [await somebody(), await somebody()];
    const { id, token } = await organisation(owner);
    await ask("POST", `/api/v1/organisations/${id}/invitations`, { email: grace.email, role: "viewer" }, token);
    await fresh();
    await signIn(page, grace);
    await page.route("**/api/v1/auth/refresh", (route) => route.abort());
    await page.goto(await letter(grace.email, "/invitation"));
    await heading(page, "The platform can't be reached");
    await page.unroute("**/api/v1/auth/refresh");
    await page.getByRole("button", { name: "Try again" }).click();
    await page.route("**/api/v1/me/organisation", (route) => route.abort());
    await page.getByRole("button", { name: "Accept the invitation" }).click();
    await heading(page, "You are a member now");
    await page.getByText("The platform can't be reached").waitFor();
    await picture(page, "invitation-joined");
    await accessible(page, "a member who is not there yet");
    await page.unroute("**/api/v1/me/organisation");
    await page.getByRole("button", { name: "Go to its instances" }).click();
    await page.waitForURL("**/instances");
    assert.equal(await page.getByLabel("Organisation").inputValue(), id);
  });

  test("what can't be undone wants its name typed", async () => {
    await fresh();
    const complained = complaints(page);
    await page.goto("/dev/gallery");
    await page.getByRole("button", { name: "Destroy…" }).click();
    await page.getByRole("dialog").waitFor();
    await page.getByLabel("To confirm, type my-study").fill("my-stud");
    await page.getByRole("button", { name: "Destroy my-study" }).click();
    await page.getByText("This is not my-study").waitFor();
    await picture(page, "confirm-by-name");
    await accessible(page, "a dialog");
    await page.setViewportSize({ width: 320, height: 700 });
    const edges = () => page.getByRole("dialog").evaluate((dialog) => [dialog.scrollWidth, dialog.clientWidth]);
    const [wide = 0, room = 0] = await edges();
    assert.ok(wide <= room, `what is in the dialog is ${wide} px wide, in ${room}`);
    await picture(page, "confirm-by-name-320", false);
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.getByLabel("To confirm, type my-study").fill("my-study");
    await page.getByRole("button", { name: "Destroy my-study" }).click();
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Toast: success" }).click();
    await page.getByText("my-study restarts").first().waitFor();
    await picture(page, "toast");
    await accessible(page, "a toast");
    assert.deepEqual(complained, [], "nothing that the policy refuses");
  });

  test("colours are chosen and kept, and each choice can be read", async () => {
    await fresh();
    await page.setViewportSize({ width: 320, height: 700 });
    await page.goto("/dev/gallery");
    await page.getByRole("button", { name: "Colours" }).click();
    await page.getByLabel("More contrast").check();
    await picture(page, "theme-menu");
    for (const theme of ["Dark", "Light"]) {
      await page.getByLabel(theme).check();
      await page.keyboard.press("Escape");
      await picture(page, `contrast-${theme}`);
      await accessible(page, `more contrast, ${theme}`);
      await fits(page, theme);
      await page.getByRole("button", { name: "Colours" }).click();
    }
    await page.getByLabel("Dark").check();
    await page.reload();
    assert.equal(await page.evaluate(() => document.documentElement.dataset["theme"]), "dark");
  });

  test("who asks the system for more contrast gets seven to one, and who has its own colours keeps them", async () => {
    await fresh();
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, contrast: "more" });
      for (const path of ["/", "/sign-in", "/dev/gallery"]) {
        await page.goto(path);
        await page.locator("h1").waitFor();
        await page.evaluate(() => document.fonts.ready.then(() => undefined));
        assert.equal(await page.evaluate(() => document.documentElement.dataset["contrast"]), "more");
        await accessible(page, `${path}, ${colorScheme}, more contrast`);
        await contrasting(page, `${path}, ${colorScheme}`);
      }
      await picture(page, `contrast-system-${colorScheme}`);
    }
    await page.emulateMedia({ contrast: null, forcedColors: "active" });
    await page.goto("/sign-in");
    await page.locator("h1").waitFor();
    await picture(page, "forced-colours");
  });

  test("who wants no movement sees none", async () => {
    await fresh();
    await page.goto("/dev/gallery");
    await page.getByRole("button", { name: "Toast: success" }).click();
    await page.getByRole("button", { name: "Destroy…" }).click();
    const dialog = page.getByRole("dialog", { name: "Destroy my-study?" });
    await dialog.waitFor();
    const [first, moving] = [await dialog.boundingBox(), await movements(page)];
    await page.waitForTimeout(500);
    assert.deepEqual(await dialog.boundingBox(), first, "it is where it stays");
    assert.deepEqual(moving, []);
  });

  test("without a connection the page says so", async () => {
    await fresh();
    await page.goto("/sign-in");
    await page.getByLabel("Email address").waitFor();
    await place.setOffline(true);
    await page.getByText("You are offline").waitFor();
    await picture(page, "offline");
    await place.setOffline(false);
    await page.getByText("You are offline").waitFor({ state: "hidden" });
  });

  test("nobody is led elsewhere by a link to the sign-in page, and nobody may frame it", async () => {
    const grace = await somebody();
    await fresh();
    for (const next of ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]) {
      await place.clearCookies();
      await signIn(page, grace, `/sign-in?next=${encodeURIComponent(next)}`);
      await signOut(page);
    }
    const { headers } = await fetch(`${SERVER}/sign-in`);
    assert.match(headers.get("content-security-policy") ?? "", /frame-ancestors 'none'/);
  });
});

/** What the page has kept, tokens or not. */
function stored(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [localStorage, sessionStorage]
      .flatMap((storage) => Object.entries(storage).map(([name, value]) => `${name}=${value}`))
      // Where the router has scrolled to.
      .filter((entry) => !entry.startsWith("tsr-scroll-restoration")),
  );
}

function focused(page: Page): Promise<string> {
  return page.evaluate(() => document.activeElement?.textContent?.trim() ?? "");
}

/** What moves on the page just now, and longer than nobody sees. */
function movements(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    document
      .getAnimations()
      .filter(({ playState, effect }) => playState === "running" && Number(effect?.getComputedTiming().duration) > 20)
      .map(({ effect }) => (effect as KeyframeEffect).target?.outerHTML.slice(0, 200) ?? "?"),
  );
}
