// What people do with an organisation: who is in it, what programs may do, who did what.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import type { Browser, Page } from "playwright-core";

import {
  accessible,
  ask,
  complaints,
  context,
  launch,
  letter,
  picture,
  SERVER,
  signIn,
  signOut,
  textOf,
} from "./harness.ts";
import { organisation, type Person, somebody } from "./people.ts";

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

  test("a member gets another role, becomes the owner, and removes who was it", async () => {
    const [ada, grace] = [await somebody("Ada Lovelace"), await somebody("Grace Hopper")];
    await together(ada, grace, "member");
    const page = await (await context(browser)).newPage();
    const complained = complaints(page);
    await signIn(page, ada);
    await act(page, "Social Networks Lab");
    const role = page.getByRole("combobox", { name: "Role of Grace Hopper" });
    await role.selectOption("admin");
    await page.getByText("Grace Hopper: Administrator").first().waitFor();
    await page.getByRole("button", { name: "Make Grace Hopper the owner…" }).click();
    await page.getByRole("dialog").getByText("becomes its owner and you an administrator").waitFor();
    await picture(page, "organisation-hand-over");
    await accessible(page, "a hand-over");
    await page.getByLabel("To confirm, type Grace Hopper").fill("Grace Hopper");
    await page.getByRole("button", { name: "Hand it over" }).click();
    await page.getByText("Grace Hopper is the owner now").first().waitFor();
    await page.getByRole("listitem").filter({ hasText: grace.email }).getByText("Owner", { exact: true }).waitFor();
    assert.equal(await page.getByRole("button", { name: /the owner…|Remove Grace/ }).count(), 0, "and beyond reach");
    assert.deepEqual(complained, []);
    await signOut(page);
    await signIn(page, grace);
    await act(page, "Social Networks Lab");
    await page.getByRole("button", { name: "Remove Ada Lovelace…" }).click();
    await page.getByLabel("To confirm, type Ada Lovelace").fill("Ada Lovelace");
    await page.getByRole("button", { name: "Remove Ada Lovelace", exact: true }).click();
    await page.getByRole("listitem").filter({ hasText: ada.email }).waitFor({ state: "detached" });
    await signOut(page);
    await signIn(page, ada);
    await page.goto("/organisation");
    await page.getByRole("heading", { level: 1 }).waitFor();
    assert.equal(await page.getByText("Social Networks Lab").count(), 0, "who is removed sees it no more");
  });

  test("a member leaves, its last owner can't, and it is deleted", async () => {
    const [ada, grace] = [await somebody("Ada Lovelace"), await somebody("Grace Hopper")];
    const { id } = await together(ada, grace, "member");
    const page = await (await context(browser)).newPage();
    const complained = complaints(page);
    const confirm = async (words: string) => {
      await page.getByRole("button", { name: `${words}…` }).click();
      await page.getByLabel("To confirm, type Social Networks Lab").fill("Social Networks Lab");
      await page.getByRole("button", { name: words, exact: true }).click();
    };
    await signIn(page, grace);
    await act(page, "Social Networks Lab");
    assert.equal(await page.getByRole("button", { name: /^Delete/ }).count(), 0, "it is not a member's to delete");
    await confirm("Leave Social Networks Lab");
    await page.waitForURL("**/instances");
    await page.goto("/organisation");
    await page.getByText("This organisation is yours alone").waitFor();
    await page.getByRole("button", { name: /^Leave/ }).waitFor({ state: "detached" });
    assert.deepEqual(complained, []);
    await signOut(page);
    await signIn(page, ada);
    await act(page, "Social Networks Lab");
    await page.getByRole("listitem").filter({ hasText: ada.email }).waitFor();
    assert.equal(await page.getByRole("listitem").filter({ hasText: grace.email }).count(), 0);
    await confirm("Leave Social Networks Lab");
    await page.getByRole("dialog").getByText("An organisation keeps an owner").waitFor();
    await picture(page, "organisation-leave");
    await accessible(page, "an owner who can't leave");
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await confirm("Delete Social Networks Lab");
    await page.waitForURL("**/instances");
    const headers = { authorization: `Bearer ${ada.token}` };
    assert.equal((await fetch(`${SERVER}/api/v1/organisations/${id}`, { headers })).status, 404);
  });

  test("who is a member no more where they act is told so, and goes on elsewhere", async () => {
    const [ada, grace] = [await somebody("Ada Lovelace"), await somebody("Grace Hopper")];
    const { id, token } = await together(ada, grace, "member");
    const page = await (await context(browser)).newPage();
    await signIn(page, grace);
    await act(page, "Social Networks Lab");
    const { items } = (await (await ask("GET", `/api/v1/organisations/${id}/members`, undefined, token)).json()) as {
      items: { user: string; email: string }[];
    };
    const { user } = items.find(({ email }) => email === grace.email) ?? { user: "" };
    await ask("DELETE", `/api/v1/organisations/${id}/members/${user}`, undefined, token);
    for (const path of ["/audit", "/organisation", "/keys"]) {
      await page.goto(path);
      await page.getByRole("heading", { name: "You act in no organisation" }).waitFor();
    }
    await picture(page, "keys-nowhere");
    await accessible(page, "keys of no organisation");
    await page.getByRole("button", { name: /^Act in / }).click();
    await page.getByRole("button", { name: "Make the key" }).waitFor();
  });

  test("an invitation that can't be taken back stays, and says why", async () => {
    const ada = await somebody();
    const { id, token } = await organisation(ada);
    const email = `invited-${Date.now()}@example.org`;
    await ask("POST", `/api/v1/organisations/${id}/invitations`, { email, role: "viewer" }, token);
    const page = await (await context(browser)).newPage();
    await signIn(page, ada);
    await act(page, "Social Networks Lab");
    const takeBack = page.getByRole("button", { name: `Take back the invitation of ${email}` });
    await page.route("**/invitations/*", (route) => route.abort());
    await takeBack.click();
    await page.getByText("The platform can't be reached").first().waitFor();
    await page.unroute("**/invitations/*");
    await takeBack.click();
    await takeBack.waitFor({ state: "detached" });
  });

  test("a key is revoked, and whatever has it is refused", async () => {
    const ada = await somebody();
    const page = await (await context(browser)).newPage();
    const complained = complaints(page);
    await signIn(page, ada);
    await page.goto("/keys");
    await page.getByLabel("What it is for").fill("a laptop");
    await page.getByRole("button", { name: "Make the key" }).click();
    const key = (await page.getByText(/^frk_/).textContent()) ?? "";
    await ask("GET", "/api/v1/tenants", undefined, key);
    await page.getByRole("button", { name: "Revoke a laptop…" }).click();
    await page.getByLabel("To confirm, type a laptop").fill("a laptop");
    await page.getByRole("button", { name: "Revoke a laptop", exact: true }).click();
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    const refused = await fetch(`${SERVER}/api/v1/tenants`, { headers: { authorization: `Bearer ${key}` } });
    assert.equal(refused.status, 401);
    await picture(page, "key-revoked");
    assert.deepEqual(complained, []);
  });

  test("days of the audit log are those of who looks, the last one included", async () => {
    const ada = await somebody();
    await organisation(ada);
    // Where it is another day than at Greenwich for most of the day.
    for (const timezoneId of ["Pacific/Kiritimati", "Pacific/Pago_Pago"]) {
      const place = await context(browser, { timezoneId });
      const page = await place.newPage();
      await signIn(page, ada);
      await act(page, "Social Networks Lab");
      await page.getByRole("link", { name: "Audit log" }).click();
      const line = page.getByRole("listitem").filter({ hasText: "organisation.create" });
      await line.waitFor();
      const today = await page.evaluate(() => {
        const now = new Date();
        return [now.getFullYear(), now.getMonth() + 1, now.getDate()]
          .map((part) => String(part).padStart(2, "0"))
          .join("-");
      });
      await page.getByLabel("From").fill(today);
      await page.waitForURL(/from=/);
      await page.getByLabel("Until").fill(today);
      await page.waitForURL(/until=/);
      await line.waitFor();
      assert.match(
        (await line.textContent()) ?? "",
        /\d{1,2} \w+ \d{4}, \d\d:\d\d:\d\d/,
        "the moment is there to read",
      );
      assert.deepEqual(
        [await page.getByLabel("From").inputValue(), await page.getByLabel("Until").inputValue()],
        [today, today],
      );
      await page.reload();
      await line.waitFor();
      await picture(page, `audit-days-${timezoneId.replace("/", "-")}`);
      await place.close();
    }
  });

  test("the audit log is had as a file, as it is filtered", async () => {
    const ada = await somebody();
    const { id } = await organisation(ada);
    const page = await (await context(browser)).newPage();
    await signIn(page, ada);
    await page.getByLabel("Organisation", { exact: true }).selectOption(id);
    await page.getByRole("link", { name: "Audit log" }).click();
    await page.getByLabel("What it was about").selectOption("organisation");
    await page.waitForURL(/action=organisation/);
    await page.getByRole("list", { name: "Lines, the newest first" }).waitFor();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Export" }).click(),
    ]);
    assert.equal(download.suggestedFilename(), "audit.jsonl");
    const lines = (await textOf(download)).trimEnd().split("\n");
    const actions = lines.map((line) => (JSON.parse(line) as { action: string }).action);
    assert.ok(actions.length > 0 && actions.every((action) => action.startsWith("organisation")), actions.join());
  });
});

/** Makes somebody a member of an organisation of hers. */
async function together(owner: Person, member: Person, role: string): Promise<{ id: string; token: string }> {
  const { id, token } = await organisation(owner);
  await ask("POST", `/api/v1/organisations/${id}/invitations`, { email: member.email, role }, token);
  const [, invitation] = (await letter(member.email, "/invitation")).split("#token=");
  await ask("POST", "/api/v1/invitations/accept", { token: invitation }, member.token);
  return { id, token };
}

/** Goes to the page of an organisation. Whoever changes theirs is led to its instances. */
async function act(page: Page, name: string): Promise<void> {
  await page.goto("/organisation");
  await page.getByLabel("Organisation", { exact: true }).selectOption({ label: name });
  await page.waitForURL("**/instances");
  await page.getByRole("link", { name: "Organisation", exact: true }).click();
  await page.getByRole("heading", { name, level: 1 }).waitFor();
}
