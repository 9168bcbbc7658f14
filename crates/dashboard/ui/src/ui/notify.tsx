// Short words on what was just done, above the page. The part that shows them comes when there is something to say.

import { lazy, Suspense, useSyncExternalStore } from "react";

import { trouble } from "@/api/problems";

export interface Notification {
  title: string;
  description?: string;
  variant?: "default" | "info" | "success" | "destructive";
}

const listeners = new Set<() => void>();
let waiting: readonly Notification[] = [];

function become(next: readonly Notification[]): void {
  waiting = next;
  for (const listener of listeners) listener();
}

/** Says it, for some seconds. What matters for longer stands on the page. */
export function notify(notification: Notification): void {
  become([...waiting, notification]);
}

/** Says that it didn't work, and why: for what has no place of its own on the page. */
export function notifyTrouble(error: unknown): void {
  const { title, detail } = trouble(error);
  notify({ title, description: detail, variant: "destructive" });
}

/** Takes what waits to be said. */
export function taken(): readonly Notification[] {
  const all = waiting;
  if (all.length > 0) become([]);
  return all;
}

export function useWaiting(): readonly Notification[] {
  return useSyncExternalStore(subscribe, () => waiting);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const Toasts = lazy(() => import("./Toasts"));
let wanted = false;

export function Notifications() {
  const { length } = useWaiting();
  wanted ||= length > 0;
  return wanted ? (
    <Suspense>
      <Toasts />
    </Suspense>
  ) : null;
}
