// A page by the keyboard alone: where the focus is, and where it goes.

import type { Page } from "playwright-core";

/** Presses Tab until what is called so has the focus. */
export async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 80; presses += 1) {
    if ((await focused(page)) === name) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab leads to no ${name}`);
}

/** Waits until something that is called so, or says so, has the focus. */
export async function reaches(page: Page, words: RegExp): Promise<void> {
  let last = "";
  for (let tries = 0; tries < 100; tries += 1) {
    last = await focused(page);
    if (words.test(last) && !(await page.evaluate(() => document.activeElement === document.body))) return;
    await page.waitForTimeout(50);
  }
  throw new Error(`the focus is at "${last.slice(0, 200)}", not at ${words}`);
}

/** What the element with the focus is called. */
export function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const { activeElement: element } = document;
    const label = element instanceof HTMLInputElement ? element.labels?.[0]?.textContent : undefined;
    return (element?.getAttribute("aria-label") ?? label ?? element?.textContent ?? "").trim();
  });
}
