import { useEffect, useRef } from "react";
import UPlot from "uplot";

import { useTheme } from "@/app/theme";

import "uplot/dist/uPlot.min.css";

import { type ChartKind, RIGHT, SCALE } from "./charts";
import { INKS, type Mark, type MarkKind } from "./marks";
import { columns, type Kind, type Measure } from "./measures";

interface GraphProps {
  chart: ChartKind;
  measures: readonly Measure[];
  marks: readonly Mark[];
  /** Seconds shown, up to now. */
  seconds: number;
  /** Which moment is pointed at, by its index; null: none. */
  onPoint: (index: number | null) => void;
}

const HEIGHT = 180;
/** For scales in bytes. */
const POWERS = Array.from({ length: 50 }, (_, power) => 2 ** power);
const TIME = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const EXACT = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const A_DAY = 86_400;
/** Pointing at one graph points at the same moment in all. */
const SYNC = UPlot.sync("metrics");

/** The drawing alone: what it says stands beside it in words and above it as marks, and behind it in a table. */
export default function Graph({ chart, measures, marks, seconds, onPoint }: GraphProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot>(undefined);
  const { shown, moreContrast } = useTheme();
  const latest = useRef({ measures, marks, onPoint });
  latest.current = { measures, marks, onPoint };
  const kinds = kindsOf(chart);

  // biome-ignore lint/correctness/useExhaustiveDependencies: made anew where colours or the unit of time change; data follows below
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const made = new UPlot(
      options(chart, seconds, element.clientWidth, latest),
      columns(latest.current.measures, kinds) as UPlot.AlignedData,
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [chart, seconds, shown, moreContrast]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `kinds` are the chart's
  useEffect(() => {
    plot.current?.setData(columns(measures, kinds) as UPlot.AlignedData);
  }, [measures, marks]);

  return <div ref={place} aria-hidden className="w-full" style={{ height: HEIGHT }} />;
}

function kindsOf({ lines, limit }: ChartKind): Kind[] {
  return [...lines.map(({ kind }) => kind), ...(limit === undefined ? [] : [limit])];
}

type Latest = React.RefObject<Pick<GraphProps, "measures" | "marks" | "onPoint">>;

function options(chart: ChartKind, seconds: number, width: number, latest: Latest): UPlot.Options {
  const token = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const axis = { stroke: token("--muted"), font: `12px ${fontFamily()}` };
  const grid = { stroke: token("--outline"), width: 1 };
  const limit = { label: "Limit", stroke: token("--destructive"), width: 1.5, dash: [6, 4], points: { show: false } };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    padding: [10, RIGHT, 0, 0],
    cursor: { sync: { key: SYNC.key }, drag: { x: false, y: false }, y: false },
    scales: {
      x: { range: () => [Date.now() / 1000 - seconds, Date.now() / 1000] },
      y: { range: (_plot, _least, most) => [0, Math.max(chart.least, (most ?? 0) * 1.08)] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        ticks: grid,
        space: 70,
        values: (_plot, splits) => splits.map(moment(seconds)),
      },
      {
        ...axis,
        grid,
        ticks: { show: false },
        size: SCALE,
        space: 40,
        values: (_plot, splits) => splits.map(chart.tick),
        ...(chart.isBinary ? { incrs: POWERS } : {}),
      },
    ],
    series: [
      {},
      ...chart.lines.map(({ words, color }, index) => ({
        label: words,
        stroke: token(color),
        width: 2,
        spanGaps: false,
        ...(index === 0 ? { fill: `color-mix(in oklab, ${token(color)} 14%, transparent)` } : { dash: [2, 3] }),
        points: { size: 5, show: true, filter: alone },
      })),
      ...(chart.limit === undefined ? [] : [limit]),
    ],
    hooks: {
      draw: [(plot) => drawMarks(plot, latest.current.marks, token)],
      setCursor: [(plot) => latest.current.onPoint(plot.cursor.idx ?? null)],
    },
  };
}

function fontFamily(): string {
  return getComputedStyle(document.body).fontFamily;
}

/** What has no neighbour is no line, so it is a point. */
function alone(plot: UPlot, series: number): number[] {
  const values = plot.data[series] ?? [];
  return [...values.keys()].filter(
    (index) => values[index] != null && values[index - 1] == null && values[index + 1] == null,
  );
}

function moment(seconds: number): (at: number) => string {
  const format = seconds > 2 * A_DAY ? DAY : seconds <= 600 ? EXACT : TIME;
  return (at) => format.format(at * 1000);
}

/** What is grave stands out without its colour too. */
const DASHES: Record<MarkKind, readonly number[]> = {
  memory: [],
  crash: [],
  trouble: [6, 3],
  restart: [2, 3],
  change: [2, 3],
  over: [1, 4],
};

/** A line for each; what it is stands above it. */
function drawMarks(plot: UPlot, marks: readonly Mark[], token: (name: string) => string): void {
  const { ctx, bbox } = plot;
  const ratio = UPlot.pxRatio;
  ctx.save();
  ctx.lineWidth = 1.5 * ratio;
  for (const { at, kind } of marks) {
    const x = plot.valToPos(at, "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = token(INKS[kind]);
    ctx.setLineDash(DASHES[kind].map((length) => length * ratio));
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}
