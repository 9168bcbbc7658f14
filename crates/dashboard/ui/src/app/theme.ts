// Light or dark, and how much contrast: as the person has chosen here, else as their system has.
//
// public/theme.js does the same before the first paint.

import { useSyncExternalStore } from "react";

export type ThemeWish = "light" | "dark" | "system";
export interface Theme {
  wish: ThemeWish;
  /** What that means now. */
  shown: "light" | "dark";
  moreContrast: boolean;
}

const THEME = "fresco.theme";
const CONTRAST = "fresco.contrast";
const dark = matchMedia("(prefers-color-scheme: dark)");
const contrast = matchMedia("(prefers-contrast: more)");
const listeners = new Set<() => void>();
let theme = read();

function read(): Theme {
  const [kept, keptContrast] = [stored(THEME), stored(CONTRAST)];
  const wish = kept === "light" || kept === "dark" ? kept : "system";
  const shown = wish === "system" ? (dark.matches ? "dark" : "light") : wish;
  const moreContrast = keptContrast === null ? contrast.matches : keptContrast === "more";
  return { wish, shown, moreContrast };
}

function show(): void {
  theme = read();
  const root = document.documentElement;
  root.dataset["theme"] = theme.shown;
  root.classList.toggle("scheme-dark", theme.shown === "dark");
  if (theme.moreContrast) root.dataset["contrast"] = "more";
  else delete root.dataset["contrast"];
  for (const listener of listeners) listener();
}

dark.addEventListener("change", show);
contrast.addEventListener("change", show);

export function wishTheme(wish: ThemeWish): void {
  store(THEME, wish);
  show();
}

export function wishContrast(more: boolean): void {
  store(CONTRAST, more ? "more" : "usual");
  show();
}

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, () => theme);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

// A browser may refuse storage; then a choice lasts as long as the page.
export function stored(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

export function store(name: string, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {}
}
