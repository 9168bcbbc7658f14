// The log viewer with a million lines, and under a long flood: prints frames, lines and memory. Memory is judged, times are not.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import type { Browser, Page } from "playwright-core";

import { ask, context, launch, signIn } from "./harness.ts";
import { floodNumber, frames, heapOf, shown } from "./log.ts";
import { type Instance, type Person, remove, running, somebody, tokenOf } from "./people.ts";

const MILLION = 1_000_000;
/** Lines a second that the million comes by: more would be rotated away before it is read. */
const RATE = 12_000;
/** Pixels that are scrolled in a frame: two hundred lines. */
const STRIDE = 4_800;
/** Megabytes that the page's objects may take. */
const MOST = 100;
/** Of the long flood: lines a second, and how long. */
const FLOOD = 1000;
const SECONDS = 300;

describe("a log", () => {
  let browser: Browser;
  let page: Page;
  let owner: Person;
  let made: Instance | undefined;

  before(async () => {
    browser = await launch();
    page = await (await context(browser)).newPage();
    owner = await somebody();
    await signIn(page, owner);
  });
  after(async () => {
    if (made !== undefined) await remove(made, await tokenOf(owner));
    await browser?.close();
  });

  const open = async (environment: Record<string, string>) => {
    if (made !== undefined) await remove(made, await tokenOf(owner));
    made = await running(await tokenOf(owner), { environment });
    await page.goto(`/instances/${made.id}/logs`);
    await page.getByText("Live", { exact: true }).waitFor();
    return made;
  };

  test("of a million lines comes, and is scrolled through from its first line to its last", async () => {
    const heap = await heapOf(page);
    await open({ SAMPLE_FLOOD_LINES: String(MILLION), SAMPLE_FLOOD_LINES_PER_SECOND: String(RATE) });
    const begun = Date.now();
    const over = page.getByText("flood over");
    while (!(await over.isVisible())) {
      const { rate, longest } = await frames(page, 10_000);
      console.log(`comes: ${figures(rate, longest)}, ${(await heap()).toFixed(1)} MB`);
    }
    console.log(`came within ${seconds(begun)} s`);
    await page.getByRole("log").focus();
    await page.keyboard.press("Home");
    await page.getByText("Here begins what is kept.").waitFor({ timeout: 60_000 });
    await page.locator(".log-row", { hasText: "flood 0000001" }).waitFor();
    const scrolled = Date.now();
    const heaps: number[] = [];
    let [rows, broken] = [0, 0];
    while (!(await over.isVisible())) {
      const turn = await scroll(page, STRIDE, 10_000);
      heaps.push(await heap());
      broken += turn.broken;
      rows = Math.max(...(await shown(page)).map(floodNumber));
      console.log(`line ${rows}: ${figures(turn.rate, turn.longest)}, ${heaps.at(-1)?.toFixed(1)} MB`);
    }
    console.log(`scrolled through within ${seconds(scrolled)} s; gaps: ${JSON.stringify(await gaps())}`);
    assert.equal(broken, 0, "lines stand in their order");
    assert.ok(Math.max(...heaps) < MOST, `at most ${MOST} MB`);
  });

  test("under a flood of five minutes takes no more memory at its end than at its beginning", async () => {
    const heap = await heapOf(page);
    const { id } = await open({ SAMPLE_FLOOD_LINES_PER_SECOND: String(FLOOD) });
    await frames(page, 30_000);
    const heaps: number[] = [];
    const first = Math.max(...(await shown(page)).map(floodNumber));
    const begun = Date.now();
    while (Date.now() - begun < SECONDS * 1000) {
      const { rate, longest } = await frames(page, 15_000);
      heaps.push(await heap());
      console.log(`flood: ${figures(rate, longest)}, ${heaps.at(-1)?.toFixed(1)} MB`);
    }
    const last = Math.max(...(await shown(page)).map(floodNumber));
    console.log(
      `flood: ${((last - first) / ((Date.now() - begun) / 1000)).toFixed(0)} lines/s for ${seconds(begun)} s`,
    );
    const third = Math.floor(heaps.length / 3);
    const [early, late] = [Math.max(...heaps.slice(0, third)), Math.max(...heaps.slice(-third))];
    assert.ok(late < early * 1.1, `${early.toFixed(1)} MB at first, ${late.toFixed(1)} MB at last`);
    await ask("POST", `/api/v1/tenants/${id}/stop`, undefined, await tokenOf(owner));
  });

  /** What of the whole log is missing, as the API says. */
  const gaps = async () => {
    const token = await tokenOf(owner);
    const found: unknown[] = [];
    let after = "";
    for (;;) {
      const path = `/api/v1/tenants/${made?.id}/logs?limit=5000&${after === "" ? "oldest=true" : `after=${after}`}`;
      const page = (await (await ask("GET", path, undefined, token)).json()) as {
        items: { type: string }[];
        after: string;
        more: boolean;
      };
      found.push(...page.items.filter(({ type }) => type === "gap"));
      if (!page.more) return found;
      after = page.after;
    }
  };
});

const seconds = (since: number) => ((Date.now() - since) / 1000).toFixed(0);
const figures = (rate: number, longest: number) => `${rate.toFixed(0)} frames/s, longest ${longest.toFixed(0)} ms`;

/** Scrolls down by so many pixels each frame, for so many milliseconds; how often neighbours on the page were none in the log. */
function scroll(
  page: Page,
  stride: number,
  milliseconds: number,
): Promise<{ rate: number; longest: number; broken: number }> {
  return page.evaluate(
    ([stride, milliseconds]) =>
      new Promise<{ rate: number; longest: number; broken: number }>((resolve) => {
        const log = document.querySelector("[role=log]") as HTMLElement;
        const begun = performance.now();
        let [count, last, longest, broken] = [0, begun, 0, 0];
        const look = () => {
          const numbers = [...document.querySelectorAll(".log-row")].map((row) =>
            Number(/flood (\d{7})/.exec(row.textContent ?? "")?.[1] ?? 0),
          );
          for (const [at, number] of numbers.entries()) {
            const before = numbers[at - 1] ?? 0;
            if (number > 0 && before > 0 && number !== before + 1) broken += 1;
          }
        };
        const next = (now: number) => {
          count += 1;
          longest = Math.max(longest, now - last);
          last = now;
          log.scrollTop += stride;
          if (count % 10 === 0) look();
          if (now - begun < milliseconds) requestAnimationFrame(next);
          else resolve({ rate: (count * 1000) / (now - begun), longest, broken });
        };
        requestAnimationFrame(next);
      }),
    [stride, milliseconds] as const,
  );
}
