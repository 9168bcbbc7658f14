// What was seen of each instance's use while somebody looks: the API gives the newest sample alone.

import type { Tenant } from "@/api";

/** So many are kept of each: a quarter of an hour, as they are taken. */
export const SAMPLES = 60;

const seen = new Map<string, { at: string; cpu: number[] }>();

export function remember({ id, usage }: Tenant): void {
  const before = seen.get(id);
  if (usage == null) {
    seen.delete(id);
  } else if (before?.at !== usage.at) {
    seen.set(id, { at: usage.at, cpu: [...(before?.cpu ?? []), usage.cpu].slice(-SAMPLES) });
  }
}

/** Cores in use, the oldest first. */
export function cpuOf(id: string): readonly number[] {
  return seen.get(id)?.cpu ?? [];
}
