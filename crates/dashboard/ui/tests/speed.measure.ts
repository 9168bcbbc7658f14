// How fast the first pages are: in Lighthouse's points, and in milliseconds on a slow processor. Prints; asserts no time.

import { after, before, describe, test } from "node:test";

import type { Browser } from "playwright-core";

import { context, launch, signIn } from "./harness.ts";
import { Auditor, type Device, FIRST_PAGES } from "./lighthouse.ts";
import { type Person, running, somebody } from "./people.ts";

/** So many times slower than this processor. */
const SLOWDOWN = 4;
/** Each page is loaded so often; the middle one counts. */
const TIMES = 5;
/** Without a longer task for so long, in milliseconds, a page has come to rest. */
const REST = 1500;

describe("Lighthouse's points for performance", () => {
  let auditor: Auditor;

  before(async () => {
    auditor = await Auditor.begin();
  });
  after(async () => auditor?.end());

  for (const { name, path, isSignedIn } of FIRST_PAGES) {
    test(name, async () => {
      const instance = isSignedIn ? await auditor.enter() : "";
      for (const device of ["desktop", "mobile"] satisfies Device[]) {
        const { scores, lost } = await auditor.audit(path.replace("{instance}", instance), device, ["performance"]);
        console.log(`${name}, ${device}: ${scores.performance}; ${lost.join("; ")}`);
      }
    });
  }
});

describe(`interactive at ${SLOWDOWN}× slower`, () => {
  let browser: Browser;
  let owner: Person;
  let instance: string;

  before(async () => {
    browser = await launch();
    owner = await somebody();
    instance = (await running(owner.token, { environment: { SAMPLE_FLOOD_LINES: "5000" } })).id;
  });
  after(async () => browser?.close());

  for (const { name, path, isSignedIn, until } of FIRST_PAGES) {
    test(name, async () => {
      const place = await context(browser);
      const page = await place.newPage();
      if (isSignedIn) await signIn(page, owner);
      const found: Interactive[] = [];
      for (let times = 0; times < TIMES; times += 1) {
        found.push(await interactive(place, path.replace("{instance}", instance), until));
      }
      found.sort((one, other) => one.interactive - other.interactive);
      const said = found.map(({ interactive }) => interactive.toFixed(0)).join(", ");
      const { painted = 0, whole = 0, interactive: middle = 0 } = found[Math.floor(TIMES / 2)] ?? {};
      console.log(
        `${name}: first paint ${painted.toFixed(0)} ms, whole ${whole.toFixed(0)} ms, interactive ${middle.toFixed(0)} ms (${said})`,
      );
      await place.close();
    });
  }
});

/** Milliseconds since the page was asked for. */
interface Interactive {
  painted: number;
  /** What it is for is there. */
  whole: number;
  /** And no task longer than 50 ms comes any more. */
  interactive: number;
}

/** Loads a page as if for the first time. */
async function interactive(
  place: Awaited<ReturnType<typeof context>>,
  path: string,
  until: string,
): Promise<Interactive> {
  const page = await place.newPage();
  const devtools = await place.newCDPSession(page);
  await devtools.send("Network.clearBrowserCache");
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: SLOWDOWN });
  await page.addInitScript((until) => {
    const seen = { whole: 0, busy: 0 };
    Object.assign(window, { seen });
    const look = () => {
      if (document.querySelector(until) === null) requestAnimationFrame(look);
      else seen.whole = performance.now();
    };
    look();
    new PerformanceObserver((list) => {
      for (const { startTime, duration } of list.getEntries()) seen.busy = startTime + duration;
    }).observe({ type: "longtask", buffered: true });
  }, until);
  await page.goto(path);
  await page.locator(until).first().waitFor();
  await page.waitForTimeout(REST);
  const found = await page.evaluate(() => {
    const { whole, busy } = (window as unknown as { seen: { whole: number; busy: number } }).seen;
    const painted = performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0;
    return { painted, whole, interactive: Math.max(whole, busy) };
  });
  await page.close();
  return found;
}
