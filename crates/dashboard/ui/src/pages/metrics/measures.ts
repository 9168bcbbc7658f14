// What was measured, as lists that can be drawn: null where nothing is known, which is a gap and never nothing used.

import type { Point, Usage } from "@/api";

/** What one moment is known of. */
export interface Measure {
  /** Seconds since 1970. */
  at: number;
  /** Cores. */
  cpu: number | null;
  cpuPeak: number | null;
  cpuLimit: number | null;
  /** Bytes. */
  memory: number | null;
  memoryPeak: number | null;
  memoryLimit: number | null;
  /** Bytes a second. */
  received: number | null;
  sent: number | null;
  read: number | null;
  written: number | null;
  pids: number | null;
}

export type Kind = Exclude<keyof Measure, "at">;

const NOTHING: Omit<Measure, "at"> = {
  cpu: null,
  cpuPeak: null,
  cpuLimit: null,
  memory: null,
  memoryPeak: null,
  memoryLimit: null,
  received: null,
  sent: null,
  read: null,
  written: null,
  pids: null,
};

export function ofPoint(point: Point): Measure {
  return {
    at: Date.parse(point.at) / 1000,
    cpu: point.cpu ?? null,
    cpuPeak: point.cpu_peak ?? null,
    cpuLimit: point.cpu_limit ?? null,
    memory: point.memory ?? null,
    memoryPeak: point.memory_peak ?? null,
    memoryLimit: point.memory_limit ?? null,
    received: point.network?.received ?? null,
    sent: point.network?.sent ?? null,
    read: point.block?.read ?? null,
    written: point.block?.written ?? null,
    pids: point.pids ?? null,
  };
}

function ofUsage(usage: Usage): Measure {
  const { at, network, block, pids } = usage;
  return {
    ...NOTHING,
    at: Date.parse(at) / 1000,
    cpu: usage.cpu,
    cpuLimit: usage.cpu_limit ?? null,
    memory: usage.memory,
    memoryLimit: usage.memory_limit ?? null,
    received: network?.received ?? null,
    sent: network?.sent ?? null,
    read: block?.read ?? null,
    written: block?.written ?? null,
    pids,
  };
}

/** Longer without a sample than this, in seconds, and nobody knows what was in between. */
const SILENCE = 20;

/** A sample older than this, in seconds, says nothing of now: whatever was sampled is not there any more. */
const STALE = 10;

/** The sample, if it is of now. */
export function fresh(usage: Usage | null | undefined): Usage | null {
  return usage != null && usage.age <= STALE ? usage : null;
}

/** Adds what a socket has said; of the same sample again nothing, of none a gap. Keeps the last so many seconds. */
export function withSample(
  measures: readonly Measure[],
  usage: Usage | null,
  now: number,
  seconds: number,
): readonly Measure[] {
  const last = measures.at(-1);
  const next = usage === null ? { ...NOTHING, at: now } : ofUsage(usage);
  if (last !== undefined && next.at <= last.at) return measures;
  const isSilent = last !== undefined && usage !== null && next.at - last.at > SILENCE;
  const between = isSilent ? [{ ...NOTHING, at: (last.at + next.at) / 2 }] : [];
  return [...measures.filter(({ at }) => at >= now - seconds), ...between, next];
}

/** What can be said of a list in a sentence. */
export interface Summary {
  /** The last that is known, and whether it is the end of the list. */
  last: number;
  isNow: boolean;
  most: number;
  mostAt: number;
  mean: number;
  /** The part of all moments that something is known of. */
  known: number;
}

/** Undefined where nothing is known at all. The most is looked for among peaks, where there are any. */
export function summaryOf(measures: readonly Measure[], kind: Kind, peak: Kind = kind): Summary | undefined {
  const known = measures.filter((measure) => measure[kind] !== null);
  const last = known.at(-1);
  if (last === undefined) return undefined;
  const height = (measure: Measure) => measure[peak] ?? measure[kind] ?? 0;
  const most = known.reduce((highest, measure) => (height(measure) > height(highest) ? measure : highest), last);
  const sum = known.reduce((sum, measure) => sum + (measure[kind] ?? 0), 0);
  return {
    last: last[kind] ?? 0,
    isNow: last === measures.at(-1),
    most: height(most),
    mostAt: most.at,
    mean: sum / known.length,
    known: known.length / measures.length,
  };
}

/** As the drawing wants them: a list of moments and one for each kind. */
export function columns(measures: readonly Measure[], kinds: readonly Kind[]): [number[], ...(number | null)[][]] {
  return [measures.map(({ at }) => at), ...kinds.map((kind) => measures.map((measure) => measure[kind]))];
}
