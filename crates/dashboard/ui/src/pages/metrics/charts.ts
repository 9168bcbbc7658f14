// What is drawn, in which unit and words.

import { bytes } from "@/ui/amounts";

import type { Kind } from "./measures";

/** Beside what is drawn, in pixels: the scale's words on its left, and room on its right. */
export const SCALE = 76;
export const RIGHT = 8;

export interface ChartKind {
  title: string;
  lines: readonly { kind: Kind; words: string; color: string }[];
  /** Where the highest of a step is known, beside its mean. */
  peak?: Kind;
  limit?: Kind;
  /** A value in words, and beside the scale, where there is less room. */
  say: (value: number) => string;
  tick: (value: number) => string;
  /** Whether the scale's steps are powers of two. */
  isBinary?: boolean;
  /** The least that the scale reaches to, so that noise does not look like a mountain. */
  least: number;
}

const cores = (value: number) => `${Number(value.toPrecision(value >= 1 ? 3 : 2))} ${value === 1 ? "core" : "cores"}`;
const rate = (value: number) => `${bytes(value)}/s`;
const short = (value: number) => bytes(value).replace("bytes", "B");
const number = (value: number) => String(Math.round(value));

export const CHARTS: readonly ChartKind[] = [
  {
    title: "Processor",
    lines: [{ kind: "cpu", words: "Used", color: "--primary" }],
    peak: "cpuPeak",
    limit: "cpuLimit",
    say: cores,
    tick: (value) => String(Number(value.toPrecision(3))),
    least: 0.1,
  },
  {
    title: "Memory",
    lines: [{ kind: "memory", words: "Used", color: "--primary" }],
    peak: "memoryPeak",
    limit: "memoryLimit",
    say: bytes,
    tick: short,
    isBinary: true,
    least: 16 * 1024 * 1024,
  },
  {
    title: "Network",
    lines: [
      { kind: "received", words: "Received", color: "--primary" },
      { kind: "sent", words: "Sent", color: "--success" },
    ],
    say: rate,
    tick: (value) => `${short(value)}/s`,
    isBinary: true,
    least: 1024,
  },
  {
    title: "Disk",
    lines: [
      { kind: "read", words: "Read", color: "--primary" },
      { kind: "written", words: "Written", color: "--success" },
    ],
    say: rate,
    tick: (value) => `${short(value)}/s`,
    isBinary: true,
    least: 1024,
  },
  {
    title: "Processes and threads",
    lines: [{ kind: "pids", words: "Running", color: "--primary" }],
    say: number,
    tick: number,
    least: 4,
  },
];
