// What people do with an organisation: who is in it, what programs may do, who did what.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import type { Browser } from "playwright-core";

import { complaints, context, launch, letter, picture, signIn } from "./harness.ts";
import { type Person, somebody } from "./people.ts";

describe("organisations", () => {
  let browser: Browser;
  let owner: Person;

  before(async () => {
    browser = await launch();
    owner = await somebody();
  });
  after(async () => browser?.close());

  test("one is made, somebody is invited, and a program gets a key; all of it stands in the log", async () => {
    const page = await (await context(browser)).newPage();
    const complained = complaints(page);
    await signIn(page, owner);
    await page.getByRole("link", { name: "Organisation", exact: true }).click();
    await page.getByLabel("Name of the new organisation").fill("Social Networks Lab");
    await page.getByRole("button", { name: "Make it" }).click();
    await page.getByRole("heading", { name: "Social Networks Lab", level: 1 }).waitFor();
    const invited = `invited-${Date.now()}@example.org`;
    await page.getByLabel("Email address").fill(invited);
    await page.getByRole("combobox", { name: /^Role/ }).selectOption("viewer");
    await page.getByRole("button", { name: "Invite" }).click();
    await page.getByRole("button", { name: `Take back the invitation of ${invited}` }).waitFor();
    assert.match(await letter(invited, "/invitation"), /#token=/);
    await picture(page, "organisation-invited");
    await page.getByRole("link", { name: "API keys" }).click();
    await page.getByLabel("What it is for").fill("deploys from CI");
    await page.getByLabel("What it may do").selectOption("deploy");
    await page.getByRole("button", { name: "Make the key" }).click();
    await page.getByText("deploys from CI is made").waitFor();
    assert.match((await page.getByText(/^frk_/).textContent()) ?? "", /^frk_/);
    await picture(page, "key-made");
    await page.getByRole("link", { name: "Audit log" }).click();
    await page.getByRole("listitem").filter({ hasText: "deploys from CI" }).waitFor();
    await page.getByLabel("What it was about").selectOption("invitation");
    await page.getByRole("listitem").filter({ hasText: "deploys from CI" }).waitFor({ state: "detached" });
    await picture(page, "audit-filtered");
    assert.deepEqual(complained, []);
  });
});
