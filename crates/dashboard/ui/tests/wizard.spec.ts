// From signing up to an instance that answers.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import type { Browser, BrowserContext, Page } from "playwright-core";

import { accessible, ask, complaints, context, fits, launch, letter, picture, signIn, watchShifts } from "./harness.ts";
import { type Person, running, somebody } from "./people.ts";

const PASSWORD = "purple monkey dishwasher";
const CLOSED = {
  type: "/api/problems#signup_closed",
  title: "Nobody makes an account here",
  status: 403,
  detail: "ask the operator",
  instance: "/api/v1/wizard/sessions",
  code: "signup_closed",
  request_id: "6f1c3bb0f6c84f0b9d5d8f3a9f0e7c11",
};
let people = 0;
const address = () => {
  people += 1;
  return `wizard-${people}-${Date.now()}@example.org`;
};
const heading = (page: Page, name: string) => page.getByRole("heading", { name, level: 1 }).waitFor();

/** A picture, wide and narrow, light and dark, and what axe says of it. */
async function look(page: Page, name: string): Promise<void> {
  // What slides in has come to rest.
  await page.waitForTimeout(400);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    for (const width of [1280, 320]) {
      await page.setViewportSize({ width, height: 900 });
      const what = `wizard-${name}-${colorScheme}-${width}`;
      await picture(page, what);
      await fits(page, what);
      await accessible(page, what);
    }
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.emulateMedia({ colorScheme: "light" });
}

type UsualDeploy = { usual_seconds: number; runs: number; steps: unknown[] };

/** What the focus is on, as it is called. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const at = document.activeElement as HTMLInputElement | null;
    const named = document.getElementById(at?.getAttribute("aria-labelledby") ?? "");
    const label = at?.labels?.[0] ?? named;
    return (label?.textContent ?? at?.getAttribute("aria-label") ?? at?.textContent ?? "").trim();
  });
}

/** By the Tab key alone, to what is called so. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  const seen: string[] = [];
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press("Tab");
    const at = await focused(page);
    if (name.test(at)) return;
    seen.push(at.slice(0, 40));
  }
  assert.fail(`no Tab leads to ${name}, but to ${seen.join(" | ")}`);
}

/** A new person, up to the step behind the account. */
async function signUp(page: Page, email: string): Promise<void> {
  await page.goto("/sign-up");
  await page.getByLabel("Email address").fill(email);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByLabel("Your name").fill("Grace Hopper");
  await page.getByRole("textbox", { name: "Password" }).fill(PASSWORD);
  await page.getByRole("button", { name: "Make my account" }).click();
  await heading(page, "What is it for?");
}

/** Who has an account, verified. One for all tests: there are only so many letters a minute. */
let grace: Promise<Person> | undefined;

function known(): Promise<Person> {
  grace ??= somebody();
  return grace;
}

describe("the wizard", () => {
  let browser: Browser;
  let place: BrowserContext;
  let page: Page;

  before(async () => {
    browser = await launch();
  });
  const leave = async () => {
    await page?.unrouteAll({ behavior: "ignoreErrors" });
    await place?.close();
  };
  after(async () => {
    await leave();
    await browser?.close();
  });

  const fresh = async () => {
    await leave();
    // The platform's certificates are of an authority of its own.
    place = await context(browser, { ignoreHTTPSErrors: true });
    page = await place.newPage();
    return page;
  };

  test("the keyboard alone leads from nothing to an instance that answers", async () => {
    const email = address();
    const name = `study-${Date.now()}`;
    await fresh();
    const complained = complaints(page);
    const shifted = await watchShifts(page);
    await page.goto("/sign-up");
    await heading(page, "Make your own instance");
    await look(page, "begin");
    await tabTo(page, /^Email address/);
    await page.keyboard.type(email);
    await page.keyboard.press("Enter");

    await heading(page, "Your account");
    assert.equal(await focused(page), "Your account", "the focus is where the step begins");
    const url = new URL(page.url());
    assert.match(url.hash, /^#draft=sgn_[0-9a-f]{32}&token=/);
    assert.doesNotMatch(url.search, /token|sgn_/, "no token is in what a server sees");
    await tabTo(page, /^Your name/);
    await page.keyboard.type("Grace Hopper");
    await page.keyboard.press("Tab");
    await page.keyboard.type("password");
    await page.getByText("Too easy to guess").waitFor();
    await look(page, "account");
    await page.keyboard.press("Control+A");
    await page.keyboard.type(PASSWORD);
    await page.getByText("Very good").waitFor();
    await page.keyboard.press("Enter");

    await heading(page, "What is it for?");
    await tabTo(page, /^A study/);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.getByText("The Fresco sandbox may be all that you need").waitFor();
    await look(page, "use-case-sandbox");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");

    await heading(page, "Choose its address");
    await tabTo(page, /^Name/);
    await page.keyboard.type("www");
    await page.getByText("These are to be had:").waitFor();
    await look(page, "subdomain-refused");
    await page.keyboard.press("Control+A");
    await page.keyboard.type(name);
    await page.getByText("is yours to take").waitFor();
    await look(page, "subdomain");
    await page.keyboard.press("Enter");

    await heading(page, "Terms of use");
    await look(page, "terms");
    await tabTo(page, /^I have read these terms/);
    await page.keyboard.press("Space");
    await tabTo(page, /^Continue/);
    await page.keyboard.press("Enter");

    await heading(page, "Ready to be made");
    await page.getByText("One thing is left: open the letter").waitFor();
    await look(page, "ready-unverified");
    const second = await place.newPage();
    await second.goto(await letter(email, "/verify-email"));
    await heading(second, "Your address is verified");
    await second.close();
    await page.getByRole("button", { name: "Make my instance" }).waitFor();
    await look(page, "ready");
    await tabTo(page, /^Make my instance/);
    await page.keyboard.press("Enter");

    await page.waitForURL("**/sign-up/tnt_*");
    assert.equal(new URL(page.url()).hash, "", "the draft's token is out of the address");
    await page.getByRole("heading", { name: /Your instance is (being made|ready)/ }).waitFor();
    await picture(page, "wizard-progress-first");
    await page.getByRole("heading", { name: "Your instance is ready" }).waitFor({ timeout: 120_000 });
    await page.getByText("Make it yours").waitFor();
    await look(page, "ready-claim");
    await tabTo(page, /^Open and set it up/);
    const opened = place.waitForEvent("page");
    await page.keyboard.press("Enter");
    const instance = await opened;
    await instance.waitForURL((at) => at.hostname.startsWith(name));
    await instance.waitForLoadState();
    await picture(instance, "wizard-instance");
    const answer = await instance.goto("/");
    assert.equal(answer?.status(), 200, "the instance answers whoever came by the link");
    await instance.close();
    assert.deepEqual(complained, []);
    assert.ok((await shifted()) < 0.1, `it moves by ${await shifted()}`);
  });

  test("a draft is found again by its link, and back loses nothing", async () => {
    const email = address();
    await fresh();
    await signUp(page, email);
    await page.getByLabel("Something else").check();
    await page.getByLabel("What is it for?").last().fill("A hackathon on networks");
    await page.getByRole("button", { name: "Continue" }).click();
    await heading(page, "Choose its address");
    await page.getByLabel("Name", { exact: true }).fill("half-typed");
    await page.getByRole("link", { name: "Back" }).click();
    await heading(page, "What is it for?");
    assert.equal(await page.getByLabel("What is it for?").last().inputValue(), "A hackathon on networks");
    await page.goBack();
    await heading(page, "Choose its address");
    assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "half-typed");
    const name = `found-${Date.now()}`;
    await page.getByLabel("Name", { exact: true }).fill(name);
    await page.getByRole("button", { name: "Take this address" }).click();
    await heading(page, "Terms of use");
    const link = page.url().replace(/\?[^#]*/, "");
    await fresh();
    await page.goto(link);
    await heading(page, "Terms of use");
    await page.getByRole("link", { name: "Back" }).click();
    assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), name);
    await page.getByText("is yours to take").waitFor();
    await page.goBack();
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByText("Accept the terms to go on").first().waitFor();
    await accessible(page, "terms that were not accepted");
    await page.getByRole("checkbox").click();
    await page.getByRole("button", { name: "Continue" }).click();
    await heading(page, "Ready to be made");
    await page.getByText("A hackathon on networks").waitFor();
    await look(page, "ready-signed-out");
    await page.getByRole("textbox", { name: "Password" }).fill(PASSWORD);
    await page.getByRole("main").getByRole("button", { name: "Sign in" }).click();
    await page.getByText("One thing is left: open the letter").waitFor();
    await page.goto("about:blank");
    await page.goto(link.slice(0, -8));
    await heading(page, "This sign-up has ended");
    await look(page, "expired");
  });

  test("a draft that expires between two steps has ended, and nobody was signed out", async () => {
    await fresh();
    await signUp(page, address());
    const json = { ...CLOSED, code: "unauthenticated", title: "Who are you?", status: 401, detail: "it has expired" };
    await page.route("**/api/v1/wizard/sessions/*", (route) =>
      route.fulfill({ status: 401, contentType: "application/problem+json", json }),
    );
    await page.getByLabel("A study").check();
    await page.getByRole("button", { name: "Continue" }).click();
    await heading(page, "This sign-up has ended");
    assert.equal(await page.getByText("You have been signed out").count(), 0);
  });

  test("what is said of a name is never said of another", async () => {
    await fresh();
    await signUp(page, address());
    await page.getByLabel("A study").check();
    await page.getByRole("button", { name: "Continue" }).click();
    // The answer on the first name comes long after that on the second.
    await page.route("**/api/v1/wizard/subdomains/www?*", async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      await route.continue();
    });
    const field = page.getByLabel("Name", { exact: true });
    const asked = page.waitForRequest("**/api/v1/wizard/subdomains/www?*");
    await field.fill("www");
    await asked;
    await field.fill(`later-${Date.now()}`);
    await page.getByText("is yours to take").waitFor();
    await page.waitForTimeout(2_500);
    assert.equal(await page.getByText("is yours to take").count(), 1);
    assert.equal(await page.getByText("is reserved").count(), 0);
    await field.fill("www");
    await page.getByRole("button", { name: "www-study" }).click();
    assert.equal(await field.inputValue(), "www-study");
    await page.getByText("is yours to take").waitFor();
  });

  test("an address that has an account is told so by its letter only, and goes on by signing in", async () => {
    const { email } = await known();
    await fresh();
    await page.goto("/sign-up");
    await page.getByLabel("Email address").fill(email);
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByLabel("Your name").fill("Grace Hopper");
    await page.getByRole("textbox", { name: "Password" }).fill("seventeen green submarines");
    await page.getByRole("button", { name: "Make my account" }).click();
    await page.getByText("Look into your mailbox first").waitFor();
    await look(page, "account-elsewhere");
    await page.getByRole("textbox", { name: "Password" }).fill(PASSWORD);
    await page.getByRole("main").getByRole("button", { name: "Sign in" }).click();
    await heading(page, "What is it for?");
  });

  test("a weak password is refused at its field", async () => {
    await fresh();
    await page.goto("/sign-up");
    await page.getByLabel("Email address").fill(address());
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByLabel("Your name").fill("Grace Hopper");
    await page.getByRole("textbox", { name: "Password" }).fill("iloveyouiloveyou");
    await page.getByRole("button", { name: "Make my account" }).click();
    await page.locator('input[name="password"][aria-invalid="true"]').waitFor();
    await page.getByText("It is among the first that are tried").waitFor();
    await look(page, "account-weak");
  });

  test("who has signed in makes another without an account to be asked for", async () => {
    const { email } = await known();
    await fresh();
    await signIn(page, { email, password: PASSWORD }, "/sign-in?next=/sign-up", "**/sign-up");
    await heading(page, "What is it for?");
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByText("Choose one of these").waitFor();
    await page.getByLabel("A study").check();
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByLabel("Name", { exact: true }).fill(`another-${Date.now()}`);
    await page.getByRole("button", { name: "Take this address" }).click();
    await heading(page, "Ready to be made");
    await page.getByRole("button", { name: "Make my instance" }).waitFor();
    await look(page, "ready-own");
  });

  test("who may sign up is said before anything is typed in vain", async () => {
    await fresh();
    const notice =
      "Accounts are made by invitation here. If nobody has invited your address, you get a letter that says so.";
    await page.route("**/api/v1/wizard/sessions", async (route) => {
      const answer = await route.fetch();
      const body = await answer.json();
      Object.assign(body.session, { signup_mode: "invitation", notice });
      await route.fulfill({ response: answer, json: body });
    });
    await page.goto("/sign-up");
    await page.getByLabel("Email address").fill(address());
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByText("Accounts are made by invitation here").waitFor();
    await look(page, "invitation-mode");
    await page.unroute("**/api/v1/wizard/sessions");
    await page.route("**/api/v1/wizard/sessions", (route) =>
      route.fulfill({ status: 403, contentType: "application/problem+json", json: CLOSED }),
    );
    await page.goto("/sign-up");
    await page.getByLabel("Email address").fill(address());
    await page.getByRole("button", { name: "Continue" }).click();
    await heading(page, "Nobody can sign up here");
    await look(page, "closed-mode");
  });

  test("who waits for the operator is told so, and goes on when let in", async () => {
    const { email } = await known();
    await fresh();
    let waits = true;
    await page.route("**/api/v1/me", async (route) => {
      const answer = await route.fetch();
      const body = await answer.json();
      await route.fulfill({ response: answer, json: { ...body, awaiting_approval: waits } });
    });
    await signIn(page, { email, password: PASSWORD }, "/sign-in?next=/sign-up", "**/sign-up");
    await page.getByLabel("A study").check();
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByLabel("Name", { exact: true }).fill(`waiting-${Date.now()}`);
    await page.getByRole("button", { name: "Take this address" }).click();
    await page.getByText("The operator has still to let you in").waitFor();
    await look(page, "approval-mode");
    waits = false;
    await page.getByRole("button", { name: "Make my instance" }).waitFor();
  });

  test("what fails says why, is tried again, and is undone", async () => {
    const { email, token } = await known();
    const subdomain = `failing-${Date.now()}`;
    const body = { subdomain, app: "sample", image: "fresco-sample:9.9.9" };
    const made = await ask("POST", "/api/v1/tenants", body, token);
    const { tenant } = (await made.json()) as { tenant: { id: string } };
    await fresh();
    const complained = complaints(page);
    await signIn(page, { email, password: PASSWORD }, `/sign-in?next=/sign-up/${tenant.id}`, "**/sign-up/*");
    await heading(page, "It could not be made yet");
    await page.getByText("Fetching the application failed").waitFor();
    await page.getByRole("list", { name: "Steps" }).getByText(", failed").waitFor();
    await look(page, "failed");
    await page.reload();
    await page.getByRole("list", { name: "Steps" }).getByText(", failed").waitFor();
    await page.getByRole("button", { name: "Try again from this step" }).click();
    await page.getByRole("heading", { name: /It could not be made yet|Your instance is being made/ }).waitFor();
    await page.getByRole("button", { name: "Undo…" }).click();
    await page.getByLabel(`To confirm, type ${subdomain}`).fill(subdomain);
    await look(page, "undo");
    await page.getByRole("button", { name: "Undo it" }).click();
    await heading(page, "It was undone");
    await look(page, "undone");
    assert.deepEqual(complained, []);
  });

  test("its steps are the same for who comes later, and each says how long it took", async () => {
    const { email, token } = await known();
    await running(token);
    const made = await ask("POST", "/api/v1/tenants", { subdomain: `slow-${Date.now()}`, app: "sample" }, token);
    const { tenant } = (await made.json()) as { tenant: { id: string } };
    const shown = await ask("GET", `/api/v1/tenants/${tenant.id}`, undefined, token);
    const { usual_deploy } = (await shown.json()) as { usual_deploy: UsualDeploy | null };
    assert.ok(usual_deploy && usual_deploy.usual_seconds > 0, "it is known what the earlier one took");
    await fresh();
    // As if it were still under way: a real one is too quick for a picture.
    let usual: UsualDeploy | null = { ...usual_deploy, usual_seconds: 3_600, steps: [] };
    await page.route(`**/api/v1/tenants/${tenant.id}`, async (route) => {
      const answer = await route.fetch();
      const tenant = await answer.json();
      await route.fulfill({ response: answer, json: { ...tenant, status: "provisioning", usual_deploy: usual } });
    });
    await page.route(`**/api/v1/tenants/${tenant.id}/events*`, async (route) => {
      const answer = await route.fetch();
      const page = (await answer.json()) as { items: { kind: string; at: string }[] };
      const items = page.items.filter(({ kind }) => kind !== "settled").slice(0, 6);
      await route.fulfill({ response: answer, json: { ...page, items } });
    });
    await signIn(page, { email, password: PASSWORD }, `/sign-in?next=/sign-up/${tenant.id}`, "**/sign-up/*");
    await heading(page, "Your instance is being made");
    await page.getByText(", done").first().waitFor();
    await page.getByText(/, about (1 h|\d+ min) left$/).waitFor();
    await page.getByText(/^Usually it takes about 1 h\./).waitFor();
    await look(page, "progress");
    usual = { ...usual_deploy, usual_seconds: 0.1, steps: [] };
    await page.reload();
    await page.getByText("It takes longer than usual.").waitFor();
    assert.equal(await page.getByText(/ left$/).count(), 0);
    await look(page, "progress-late");
    usual = null;
    await page.reload();
    await page.getByText(", done").first().waitFor();
    assert.equal(await page.getByText(/ left$|longer than usual|Usually it takes/).count(), 0, "nothing is known");
  });
});
