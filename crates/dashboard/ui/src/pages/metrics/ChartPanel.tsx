import { Skeleton } from "@codaco/fresco-ui/Skeleton";
import Heading from "@codaco/fresco-ui/typography/Heading";
import { lazy, Suspense, useState } from "react";

import { percent } from "@/ui/amounts";
import { Panel } from "@/ui/Panel";

import type { ChartKind } from "./charts";
import { MarkStrip } from "./MarkStrip";
import type { Mark } from "./marks";
import { type Measure, type Summary, summaryOf } from "./measures";
import { atWords } from "./words";

const Graph = lazy(() => import("./Graph"));

interface ChartPanelProps {
  chart: ChartKind;
  measures: readonly Measure[];
  marks: readonly Mark[];
  seconds: number;
}

/** One thing that is used: in words, as a graph, and what is pointed at. */
export function ChartPanel({ chart, measures, marks, seconds }: ChartPanelProps) {
  const [pointed, setPointed] = useState<number | null>(null);
  const limit = limitOf(chart, measures);
  const known = chart.lines.some(({ kind }) => measures.some((measure) => measure[kind] !== null));
  return (
    <Panel spacing="none" className="min-w-0 p-5">
      <figure className="flex flex-col gap-2">
        <div>
          <Heading level="h2" margin="none" className="text-lg">
            {chart.title}
          </Heading>
          <Readout chart={chart} measure={pointed === null ? undefined : measures[pointed]} />
        </div>
        <MarkStrip title={chart.title} marks={marks} seconds={seconds} />
        {known ? (
          <Suspense fallback={<Skeleton className="bg-tint h-[180px] w-full rounded-sm" />}>
            <Graph chart={chart} measures={measures} marks={marks} seconds={seconds} onPoint={setPointed} />
          </Suspense>
        ) : (
          <p className="text-muted flex h-[180px] items-center justify-center text-center text-sm">
            Nothing was measured in this time.
          </p>
        )}
        <figcaption className="text-muted min-h-10 text-sm">
          {chart.lines.map(({ kind, words, color }) => (
            <p key={kind} className="flex items-baseline gap-2">
              {chart.lines.length > 1 && <Swatch color={color} line={color === "--primary" ? "solid" : "dotted"} />}
              <span>{sentence(chart, words, summaryOf(measures, kind, chart.peak), limit)}</span>
            </p>
          ))}
          {limit !== undefined && (
            <p className="flex items-baseline gap-2">
              <Swatch color="--destructive" line="dashed" /> Limit {chart.say(limit)}
            </p>
          )}
          <p>{gaps(measures, chart)}</p>
        </figcaption>
      </figure>
    </Panel>
  );
}

function Swatch({ color, line }: { color: string; line: "solid" | "dotted" | "dashed" }) {
  return (
    <span
      aria-hidden
      className="inline-block w-5 shrink-0 -translate-y-1 border-t-3"
      style={{ borderColor: `var(${color})`, borderStyle: line }}
    />
  );
}

/** What is pointed at; as high when nothing is. */
function Readout({ chart, measure }: { chart: ChartKind; measure: Measure | undefined }) {
  if (measure === undefined) return <p className="text-sm">&nbsp;</p>;
  const values = chart.lines.map(({ kind, words }) => {
    const value = measure[kind];
    return `${chart.lines.length > 1 ? `${words} ` : ""}${value === null ? "not known" : chart.say(value)}`;
  });
  return (
    <p aria-hidden className="truncate text-sm font-bold tabular-nums">
      {atWords(measure.at)} · {values.join(", ")}
    </p>
  );
}

function limitOf({ limit }: ChartKind, measures: readonly Measure[]): number | undefined {
  if (limit === undefined) return undefined;
  return measures.findLast((measure) => measure[limit] !== null)?.[limit] ?? undefined;
}

function sentence(chart: ChartKind, words: string, summary: Summary | undefined, limit: number | undefined): string {
  if (summary === undefined) return `${words}: nothing is known.`;
  const { last, isNow, most, mostAt, mean } = summary;
  const ofLimit = limit === undefined || limit === 0 ? "" : ` (${percent(last / limit)} of ${chart.say(limit)})`;
  return (
    `${words} ${isNow ? "now" : "last"} ${chart.say(last)}${ofLimit}; on average ${chart.say(mean)}, ` +
    `at most ${chart.say(most)} at ${atWords(mostAt)}.`
  );
}

function gaps(measures: readonly Measure[], { lines: [first] }: ChartKind): string {
  const known = first === undefined ? undefined : summaryOf(measures, first.kind)?.known;
  return known === undefined || known > 0.95
    ? ""
    : `Measured in ${percent(known)} of this time; the rest is not known.`;
}
