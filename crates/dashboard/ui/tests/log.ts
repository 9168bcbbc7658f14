// A log as a page shows it, read by a program.

import type { Page } from "playwright-core";

/** Which line of a flood it is; 0: none. */
export const floodNumber = (text: string) => Number(/flood (\d{7})/.exec(text)?.[1] ?? 0);

/** The words of the lines that can be seen. */
export function shown(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const edge = document.querySelector("[role=log]")?.getBoundingClientRect();
    const rows = [...document.querySelectorAll(".log-row")];
    return rows
      .filter((row) => row.getBoundingClientRect().top >= (edge?.top ?? 0))
      .map((row) => row.textContent ?? "");
  });
}

/** All lines that the page keeps. */
export async function plainText(page: Page): Promise<string[]> {
  await page.getByRole("button", { name: "Plain text" }).click();
  const text = await page.getByRole("region", { name: "The log as plain text" }).textContent();
  return (text ?? "").split("\n");
}

/** Frames a second that the page draws, for so many milliseconds, and the longest time without one, in milliseconds. */
export function frames(page: Page, milliseconds: number): Promise<{ rate: number; longest: number }> {
  return page.evaluate(
    (milliseconds) =>
      new Promise<{ rate: number; longest: number }>((resolve) => {
        const begun = performance.now();
        let [count, last, longest] = [0, begun, 0];
        const next = (now: number) => {
          count += 1;
          longest = Math.max(longest, now - last);
          last = now;
          if (now - begun < milliseconds) requestAnimationFrame(next);
          else resolve({ rate: (count * 1000) / (now - begun), longest });
        };
        requestAnimationFrame(next);
      }),
    milliseconds,
  );
}

/** Megabytes of the page's objects, after what is not needed has been collected. */
export async function heapOf(page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  return async () => {
    await session.send("HeapProfiler.collectGarbage");
    const { metrics } = await session.send("Performance.getMetrics");
    return (metrics.find(({ name }) => name === "JSHeapUsedSize")?.value ?? 0) / 1e6;
  };
}
