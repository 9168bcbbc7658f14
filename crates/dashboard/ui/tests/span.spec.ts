// A log in a span of time: what is shown of it, where that stands, and when nothing can come any more.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import type { Browser, BrowserContext, Page } from "playwright-core";

import type { Logs } from "../src/api/schema.ts";
import { accessible, ask, complaints, context, launch, picture, signIn, textOf } from "./harness.ts";
import { type Person, running, somebody } from "./people.ts";

describe("a span of an instance's log", () => {
  let browser: Browser;
  let place: BrowserContext;
  let page: Page;
  let grace: Person;
  let id: string;

  before(async () => {
    browser = await launch();
    place = await context(browser, { permissions: ["clipboard-read", "clipboard-write"] });
    grace = await somebody();
    id = (await running(grace.token, { environment: { SAMPLE_FLOOD_LINES: "500" } })).id;
    page = await place.newPage();
    await signIn(page, grace);
  });
  after(async () => browser?.close());

  const log = () => page.getByRole("log");
  const follows = () => page.getByText("Live", { exact: true }).waitFor();
  const form = () => page.locator("form", { has: page.getByLabel("Until") });
  const menu = () => page.getByRole("button", { name: "Span of time" });
  /** When the first line of the flood was written, to the second. */
  const begun = async () => {
    const path = `/api/v1/tenants/${id}/logs?query=flood&limit=100&oldest=true`;
    const { items } = (await (await ask("GET", path, undefined, grace.token)).json()) as Logs;
    // Starts and stops stand between them, whatever is looked for.
    const first = items.find((item) => item.type === "line");
    assert.ok(first?.type === "line");
    return Math.floor(Date.parse(first.ts) / 1000) * 1000;
  };

  test("is chosen by a press or by its ends, and what makes no sense is said", async () => {
    const complained = complaints(page);
    await page.goto(`/instances/${id}/logs`);
    await follows();
    await log().focus();
    await page.keyboard.press("s");
    await page.getByRole("button", { name: "Last hour" }).waitFor();
    await picture(page, "logs-span");
    await accessible(page, "a span");
    await page.getByRole("button", { name: "Show only these" }).click();
    await page.getByText("Give a beginning, an end, or both.").waitFor();
    await page.getByRole("button", { name: "Last hour" }).focus();
    await page.keyboard.press("Enter");
    await page.waitForURL(/since=20/);
    await page.getByText(/^Only from/).waitFor();
    await follows();
    const from = await begun();
    await menu().click();
    await form()
      .getByLabel("From")
      .fill(local(from - 60_000));
    await form()
      .getByLabel("Until")
      .fill(local(from - 120_000));
    await form().getByRole("button", { name: "Show only these" }).click();
    await form().getByText("The end has to be after the beginning.").waitFor();
    await picture(page, "logs-span-refused");
    await form()
      .getByLabel("Until")
      .fill(local(from + 1000));
    await form().getByRole("button", { name: "Show only these" }).click();
    await page.waitForURL(/until=20/);
    await page.locator(".log-row").first().waitFor();
    assert.deepEqual(complained, []);
  });

  test("that is past is not followed, which is said; links and files are of it too", async () => {
    const [since, until] = [(await begun()) - 60_000, (await begun()) + 1000].map((at) => new Date(at).toISOString());
    await page.goto(`/instances/${id}/logs?since=${since}&until=${until}`);
    await page.getByText(/That is past, so what is new is not followed/).waitFor();
    await page.getByText("Not followed: this span is over").waitFor();
    assert.ok(await page.getByRole("button", { name: /^(Pause|Follow)$/ }).isDisabled());
    await page.locator(".log-row").first().waitFor();
    await picture(page, "logs-span-past");
    await accessible(page, "a span that is past");
    await log().focus();
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("l");
    await page.getByText("Link copied").waitFor();
    const link = new URL(await page.evaluate(() => navigator.clipboard.readText()));
    assert.equal(link.searchParams.get("until"), until);
    assert.ok(link.searchParams.has("at"));
    await page.getByRole("button", { name: "Download" }).click();
    await page.getByText(/^What matches from/).waitFor();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "As text" }).click(),
    ]);
    const lines = (await textOf(download)).trim().split("\n");
    assert.ok(lines.length > 0);
    const late = lines.filter((line) => Date.parse(line.split(" ")[0] ?? "") > Date.parse(until ?? ""));
    assert.deepEqual(late, []);
    await page.goto(link.pathname + link.search);
    await page.locator("[data-chosen]").waitFor();
    await page.getByText("Not followed: this span is over").waitFor();
  });

  test("that holds nothing says so, and leads back to all times", async () => {
    await page.goto(`/instances/${id}/logs?since=2020-01-01T00:00:00Z&until=2020-01-02T00:00:00Z`);
    await page.getByRole("heading", { name: "This span holds nothing" }).waitFor();
    await picture(page, "logs-span-empty");
    await accessible(page, "a span that holds nothing");
    await page.getByRole("button", { name: "All times" }).focus();
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.search === "");
    await follows();
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("aria-label")), "Span of time");
  });
});

/** A moment as fields of browsers take it: where they are, without a zone. */
function local(time: number): string {
  return new Date(time - new Date(time).getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
