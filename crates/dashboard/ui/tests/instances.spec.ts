// What people do with instances, on real ones.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";

import type { Browser, BrowserContext, Page } from "playwright-core";

import { accessible, ask, complaints, context, fits, launch, letter, picture, signIn, watchShifts } from "./harness.ts";
import { focused, reaches, tabTo } from "./keyboard.ts";
import { many } from "./many.ts";
import {
  running as anInstance,
  type Instance,
  organisation,
  type Person,
  reached,
  remove,
  somebody,
} from "./people.ts";

/** For what the platform does, in milliseconds. */
const SLOW = { timeout: 60_000 };

describe("instances", () => {
  let browser: Browser;
  let owner: Person;
  /** Of a test: nobody may have many at a time. */
  let made: [Instance, token: string][] = [];
  let place: BrowserContext;
  let page: Page;
  let complained: string[];

  before(async () => {
    browser = await launch();
    owner = await somebody();
  });
  afterEach(async () => {
    for (const [instance, token] of made) await remove(instance, token);
    made = [];
  });
  after(async () => browser?.close());

  const running = async (token: string) => {
    const instance = await anInstance(token);
    made.push([instance, token]);
    return instance;
  };

  /** Somebody's first page, in a browser of its own. */
  const enter = async (person: Person, from = "/sign-in", to?: string) => {
    await place?.close();
    place = await context(browser);
    page = await place.newPage();
    complained = complaints(page);
    await signIn(page, person, from, to);
  };
  const at = (instance: Instance, tab = "") =>
    enter(owner, `/instances/${instance.id}${tab}`, `**/instances/${instance.id}${tab}`);
  const badge = (words: string) => page.getByRole("main").getByText(words, { exact: true }).first().waitFor(SLOW);

  test("the keyboard alone stops, starts and restarts", async () => {
    const instance = await running(owner.token);
    await at(instance);
    await badge("Running");
    await tabTo(page, `Stop ${instance.subdomain}`);
    await page.keyboard.press("Enter");
    await page.getByText("Should be stopped").waitFor({ timeout: 2_000 });
    await badge("Stopped");
    assert.equal(await focused(page), `Start ${instance.subdomain}`, "the focus stays where it was");
    await picture(page, "instance-stopped");
    await page.keyboard.press("Enter");
    await page.getByText("Should run").waitFor({ timeout: 2_000 });
    await badge("Running");
    await tabTo(page, `Restart ${instance.subdomain}`);
    const asked = page.waitForResponse("**/restart");
    await page.keyboard.press("Enter");
    await asked;
    await page.goto(`/instances/${instance.id}/events`);
    await page.getByText("Restart, done").waitFor(SLOW);
    await picture(page, "instance-history");
    assert.deepEqual(complained, []);
  });

  test("the keyboard alone destroys, by the name, and undoes it", async () => {
    const instance = await running(owner.token);
    await at(instance, "/danger");
    await tabTo(page, `Destroy ${instance.subdomain}…`);
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Its database, with all that people have entered").waitFor();
    await picture(page, "instance-destroy");
    await accessible(page, "a destroy");
    await tabTo(page, `To confirm, type ${instance.subdomain}`);
    await page.keyboard.type(instance.subdomain);
    await page.keyboard.press("Enter");
    await page.getByText("It is being destroyed").waitFor(SLOW);
    await dialog.waitFor({ state: "hidden" });
    await reaches(page, /It is being destroyed/);
    await page
      .getByText(/Can be undone: \d/)
      .first()
      .waitFor();
    await picture(page, "instance-destroying");
    await accessible(page, "what is being destroyed");
    await tabTo(page, "Undo: keep it");
    await page.keyboard.press("Enter");
    await reaches(page, /^It is kept/);
    await badge("Running");
    await page.getByRole("button", { name: `Destroy ${instance.subdomain}…` }).waitFor();
    assert.deepEqual(complained, []);
  });

  test("who looks on sees no button that they may not use", async () => {
    const { token, id } = await organisation(owner);
    const instance = await running(token);
    const viewer = await somebody();
    await ask("POST", `/api/v1/organisations/${id}/invitations`, { email: viewer.email, role: "viewer" }, token);
    const [, invitation] = (await letter(viewer.email, "/invitation")).split("#token=");
    await ask("POST", "/api/v1/invitations/accept", { token: invitation }, viewer.token);
    await enter(viewer);
    await page.getByLabel("Organisation").selectOption(id);
    const main = page.getByRole("main");
    await main.getByRole("link", { name: instance.subdomain, exact: true }).waitFor();
    await picture(page, "instances-viewer");
    assert.equal(await main.getByRole("button", { name: /^(Start|Stop|Restart)/ }).count(), 0);
    assert.equal(await main.getByRole("checkbox").count(), 0);
    assert.equal(await main.getByRole("link", { name: "New instance" }).count(), 0);
    await main.getByRole("link", { name: instance.subdomain, exact: true }).click();
    await main.getByRole("heading", { name: "Version" }).waitFor();
    for (const name of [/claim link/, /Roll back/, /Look for an update/, /^(Start|Stop|Restart)/]) {
      assert.equal(await main.getByRole("button", { name }).count(), 0, String(name));
    }
    for (const [tab, title] of [
      ["Environment", "Environment"],
      ["Settings", "Image and limits"],
    ] as const) {
      await main.getByRole("link", { name: tab }).click();
      await main.getByRole("heading", { level: 2, name: title, exact: true }).waitFor();
      await main.locator("dl").waitFor();
      assert.equal(await main.getByRole("textbox").count(), 0, tab);
    }
    await main.getByRole("link", { name: "Danger zone" }).click();
    await main.getByText("Your role doesn't let you destroy instances").waitFor();
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "Find an instance" }).fill(`stop ${instance.subdomain}`);
    await page.getByText("Nothing is called that.").waitFor();
    assert.deepEqual(complained, []);
  });

  test("a row follows what is done elsewhere, and nothing jumps", async () => {
    const instance = await running(owner.token);
    await enter(owner);
    const shifted = await watchShifts(page);
    await page.reload();
    const row = page.getByRole("listitem").filter({ hasText: instance.subdomain });
    await row.getByText("Running", { exact: true }).waitFor();
    const stopped = await ask("POST", `/api/v1/tenants/${instance.id}/stop`, undefined, owner.token);
    await reached({ ...instance, generation: ((await stopped.json()) as Instance).generation }, owner.token);
    await row.getByText("Stopped", { exact: true }).waitFor({ timeout: 8_000 });
    assert.ok((await shifted()) < 0.1, `it moves by ${await shifted()}`);
    await page.goto(`/instances/${instance.id}`);
    await badge("Stopped");
    await ask("POST", `/api/v1/tenants/${instance.id}/start`, undefined, owner.token);
    await page.getByText("Should run").waitFor({ timeout: 3_000 });
    await badge("Running");
    assert.deepEqual(complained, []);
  });

  test("all that happens is told at once, over one socket for all", async () => {
    const [one, other] = [await running(owner.token), await running(owner.token)];
    const sockets: string[] = [];
    await enter(owner);
    page.on("websocket", (socket) => sockets.push(new URL(socket.url()).pathname));
    await Promise.all([page.waitForEvent("websocket"), page.reload()]);
    const row = (instance: Instance) => page.getByRole("listitem").filter({ hasText: instance.subdomain });
    await row(one).getByText("Running", { exact: true }).waitFor();
    await row(other).getByText("Running", { exact: true }).waitFor();
    // The list is not to be had from now on: what changes, the page has been told.
    await page.route(/\/api\/v1\/tenants\?/, (route) => route.abort());
    for (const instance of [one, other]) {
      await ask("POST", `/api/v1/tenants/${instance.id}/stop`, undefined, owner.token);
      await row(instance).getByText("Stopped", { exact: true }).waitFor(SLOW);
    }
    assert.deepEqual(sockets, ["/api/v1/events/stream"]);
  });

  test("who has searched in vain sees all again at a click, and goes on seeing them", async () => {
    const instance = await running(owner.token);
    await enter(owner);
    await page.getByRole("searchbox", { name: "Search by name" }).fill("nosuch");
    await page.getByRole("link", { name: "Show all" }).click();
    const row = page.getByRole("listitem").filter({ hasText: instance.subdomain });
    await row.waitFor();
    // Longer than it takes from the last letter to the question.
    await page.waitForTimeout(600);
    assert.equal(await row.count(), 1);
    assert.equal(await page.getByRole("searchbox", { name: "Search by name" }).inputValue(), "");
  });

  test("several are stopped at once, after a look at what happens to each", async () => {
    const [one, two] = [await running(owner.token), await running(owner.token)];
    await ask("POST", `/api/v1/tenants/${two.id}/stop`, undefined, owner.token);
    await enter(owner);
    await page.getByText("Should be stopped").waitFor(SLOW);
    const all = page.getByLabel("Choose all");
    await all.focus();
    await page.keyboard.press("Space");
    await tabTo(page, "Choose none");
    await page.keyboard.press("Enter");
    await reaches(page, /^Choose all$/);
    await page.keyboard.press("Space");
    await picture(page, "instances-chosen");
    await accessible(page, "chosen instances");
    await tabTo(page, "Stop…");
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog");
    await dialog.getByText("One instance stops. 1 is left alone.").waitFor();
    await dialog.getByText("is left alone: it should be stopped already").waitFor();
    await picture(page, "instances-preview");
    await accessible(page, "a preview");
    await tabTo(page, "Stop 1 instance");
    await page.keyboard.press("Enter");
    await dialog.getByText("stops now").waitFor();
    await reaches(page, /^Close$/);
    await page.keyboard.press("Enter");
    await dialog.waitFor({ state: "hidden" });
    await reaches(page, /^(Stop…|Choose all)$/);
    await page
      .getByRole("listitem")
      .filter({ hasText: one.subdomain })
      .getByText("Stopped", { exact: true })
      .waitFor(SLOW);
    assert.deepEqual(complained, []);
  });

  test("a thousand are no more work for a browser than those in sight", async () => {
    await enter(owner);
    await many(page, 1_000);
    await page.goto("/instances");
    await page.getByRole("link", { name: "study-0000", exact: true }).waitFor();
    await picture(page, "instances-many", false);
    const rows = page.getByRole("listitem");
    assert.ok((await rows.count()) < 60, `${await rows.count()} rows are on the page`);
    await page.getByLabel("Order").selectOption("name");
    await page.getByText("1,000 instances").waitFor();
    await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
    await page.getByRole("link", { name: "study-0999", exact: true }).waitFor();
    assert.ok((await rows.count()) < 60, `${await rows.count()} rows are on the page`);
    await page.getByRole("button", { name: "As cards" }).click();
    await page.evaluate(() => window.scrollTo(0, 0));
    await page.getByRole("link", { name: "study-0001", exact: true }).waitFor();
    await picture(page, "instances-many-cards", false);
    await accessible(page, "cards");
    assert.deepEqual(complained, []);
  });

  test("what can't be had is said, with a way on", async () => {
    await running(owner.token);
    await enter(owner);
    await page.route("**/api/v1/tenants?*", (route) => route.fulfill({ status: 500, body: "{}" }));
    await page.goto("/instances");
    await page.getByRole("button", { name: "Try again" }).waitFor(SLOW);
    await picture(page, "instances-failed");
    await accessible(page, "a list that failed");
    await page.unroute("**/api/v1/tenants?*");
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("listitem").first().waitFor();
    await place.setOffline(true);
    await page.getByText("You are offline").waitFor();
    await page.getByRole("listitem").first().waitFor();
    await place.setOffline(false);
    await page.goto(`/instances/tnt_${"0".repeat(32)}`);
    await page.getByRole("link", { name: "To all instances" }).waitFor();
    await picture(page, "instance-none");
  });

  test("another instance is made with a name that is to be had, and its owner gets in by the claim link", async () => {
    const taken = await running(owner.token);
    await enter(owner);
    await page.getByRole("link", { name: "New instance" }).click();
    await page.getByRole("textbox", { name: "Name" }).fill(taken.subdomain.toUpperCase());
    await page.getByText("Another instance has this name").waitFor();
    await picture(page, "new-instance-taken");
    await accessible(page, "a name that is taken");
    const suggestion = page.getByRole("button", { name: new RegExp(`^${taken.subdomain}-`) }).first();
    const name = (await suggestion.textContent()) ?? "";
    await suggestion.click();
    await page.getByText("It will answer at").waitFor();
    await page.getByLabel("App").selectOption("sample");
    await page.getByText("Version and limits").click();
    await page.getByLabel("Memory (optional)").fill("lots");
    await page.getByRole("button", { name: "Make it" }).click();
    await page.getByText("Enter a whole number with KiB").waitFor();
    await page.getByLabel("Memory (optional)").fill("300MiB");
    await page.getByRole("button", { name: "Make it" }).click();
    await page.getByRole("heading", { name, level: 1 }).waitFor();
    await badge("Running");
    made.push([{ id: page.url().split("/").at(-1) ?? "", subdomain: name, generation: 1 }, owner.token]);
    await page.getByText(/300\s?MiB of memory/).waitFor();
    await page
      .getByText(/Set-up window: \d/)
      .first()
      .waitFor();
    await tabTo(page, "Make a claim link");
    await page.keyboard.press("Enter");
    await page.getByText("Good for one visit").waitFor();
    await reaches(page, /^Claim link$/);
    await picture(page, "instance-claim");
    await accessible(page, "a claim link");
    await page.setViewportSize({ width: 320, height: 700 });
    await fits(page, "an overview");
    assert.deepEqual(complained, []);
  });

  test("a change of the environment is looked at before it is made, and no secret is shown", async () => {
    const instance = await running(owner.token);
    await at(instance, "/environment");
    await page.getByLabel("Send no usage statistics").selectOption("true");
    await page.getByLabel("A secret that must never be shown").fill("hush-hush");
    await tabTo(page, "Look at the changes");
    await page.keyboard.press("Enter");
    // A toast is a dialog too.
    const dialog = page.getByRole("dialog", { name: /^(Apply|Roll)/ });
    await dialog.getByText("Apply 2 changes?").waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    await reaches(page, /^Look at the changes$/);
    await page.keyboard.press("Enter");
    await dialog.getByText("Apply 2 changes?").waitFor();
    assert.ok(!((await dialog.textContent()) ?? "").includes("hush-hush"));
    await picture(page, "instance-difference");
    await accessible(page, "a difference");
    await tabTo(page, "Apply");
    await page.keyboard.press("Enter");
    await dialog.waitFor({ state: "hidden" });
    await reaches(page, /^Look at the changes$/);
    await page.getByText("S3_SECRET_ACCESS_KEY is set. Leave this empty to keep it.").waitFor();
    await badge("Running");
    await page.getByRole("link", { name: "Settings" }).click();
    await page.getByLabel("Memory (optional)").fill("320MiB");
    await page.getByRole("button", { name: "Look at the changes" }).click();
    await dialog.getByText("320MiB").waitFor();
    await dialog.getByRole("button", { name: "Apply" }).click();
    await dialog.waitFor({ state: "hidden" });
    await page.waitForFunction(() => document.querySelector<HTMLInputElement>("[name=memory]")?.value === "320MiB");
    await page.getByLabel("Updates").selectOption("automatic");
    await page.getByRole("button", { name: "Look at the changes" }).click();
    await dialog.getByText(/goes on undisturbed/).waitFor();
    await dialog.getByRole("button", { name: "Apply" }).click();
    await dialog.waitFor({ state: "hidden" });
    await page.getByRole("link", { name: "Overview" }).click();
    await page.getByText(/320\s?MiB of memory/).waitFor(SLOW);
    await badge("Running");
    await page.getByRole("button", { name: "Roll back…" }).click();
    await picture(page, "instance-rollback");
    await accessible(page, "a rollback");
    await dialog.getByRole("button", { name: "Roll back", exact: true }).click();
    await dialog.waitFor({ state: "hidden" });
    await page.getByText(/256\s?MiB of memory/).waitFor(SLOW);
    await badge("Running");
    assert.deepEqual(complained, []);
  });

  test("everything is found and done from one place, by keyboard", async () => {
    const instance = await running(owner.token);
    await enter(owner);
    await page.getByRole("listitem").first().waitFor();
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "Find an instance" }).waitFor();
    await picture(page, "palette");
    await accessible(page, "the palette");
    await page.keyboard.type(`stop ${instance.subdomain}`);
    await page.getByRole("option", { name: `Stop ${instance.subdomain}` }).waitFor();
    await picture(page, "palette-found");
    await page.keyboard.press("Enter");
    await page
      .getByRole("listitem")
      .filter({ hasText: instance.subdomain })
      .getByText("Stopped", { exact: true })
      .waitFor(SLOW);
    await page.keyboard.press("Control+k");
    await page.keyboard.type("password");
    await page.getByRole("option", { name: "Password and second factor" }).waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL("**/account/security");
    assert.deepEqual(complained, []);
  });

  test("what is refused is not left folded away", async () => {
    await enter(owner, "/instances/new", "**/instances/new");
    await page.getByLabel("Name").fill(`folded-${Date.now()}`);
    await page.getByText("Version and limits").click();
    await page.getByLabel("Memory").fill("much");
    await page.getByText("Version and limits").click();
    await page.getByRole("button", { name: "Make it" }).click();
    await page.getByText("Enter a whole number with KiB").waitFor();
    await page.waitForFunction(() => document.activeElement?.getAttribute("name") === "memory");
    await picture(page, "new-instance-refused");
    await accessible(page, "a limit that is refused");
  });

  test("a search that is under way, or has failed, is not said to have found nothing", async () => {
    await enter(owner);
    await page.getByRole("heading", { level: 1, name: "Instances" }).waitFor();
    let fail = () => {};
    const failing = new Promise<void>((resolve) => {
      fail = resolve;
    });
    const search = /\/api\/v1\/tenants\?.*search=nosuch/;
    await page.route(search, async (route) => {
      await failing;
      await route.abort();
    });
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "Find an instance" }).fill("nosuch");
    await page.getByText("Searching…").waitFor();
    fail();
    await page.getByText("Instances could not be searched for").waitFor();
    await picture(page, "palette-failed");
    await accessible(page, "a search that has failed");
    await page.unroute(search);
    await page.keyboard.type("thing");
    await page.getByText("Nothing is called that.").waitFor();
  });
});
