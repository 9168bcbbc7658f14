// What was seen of each instance's use while somebody looks: the API gives the newest sample alone.

import type { Tenant } from "@/api";

/** So many are kept of each: a quarter of an hour, as they are taken. */
export const SAMPLES = 60;

/** What was used, the oldest first. */
export interface Seen {
  /** Cores. */
  cpu: readonly number[];
  /** Bytes. */
  memory: readonly number[];
}

const NOTHING: Seen = { cpu: [], memory: [] };
const seen = new Map<string, Seen & { at: string }>();

export function remember({ id, usage }: Tenant): void {
  const before = seen.get(id);
  if (usage == null) {
    seen.delete(id);
  } else if (before?.at !== usage.at) {
    const { cpu, memory } = before ?? NOTHING;
    const newest = (all: readonly number[], one: number) => [...all, one].slice(-SAMPLES);
    seen.set(id, { at: usage.at, cpu: newest(cpu, usage.cpu), memory: newest(memory, usage.memory) });
  }
}

export function seenOf(id: string): Seen {
  return seen.get(id) ?? NOTHING;
}
