import { Button } from "@codaco/fresco-ui/Button";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { CircleCheck, LoaderCircle, Table2, Unplug } from "lucide-react";
import { useMemo, useState } from "react";

import type { Trouble } from "@/api";
import { metrics } from "@/api/queries/metrics";
import { Loaded } from "@/ui/Loaded";
import { Message } from "@/ui/Message";
import { RelativeTime } from "@/ui/RelativeTime";

import { ChartPanel } from "./ChartPanel";
import { CHARTS } from "./charts";
import { MarkLegend } from "./MarkStrip";
import { MetricsTable } from "./MetricsTable";
import { within } from "./marks";
import { type Measure, ofPoint } from "./measures";
import { RANGES, type Range } from "./ranges";
import { type Live, useLive } from "./useLive";
import { useMarks } from "./useMarks";
import { atWords } from "./words";

/** What an instance uses: now, and over time. */
export function Metrics() {
  const { id } = useParams({ from: "/signed-in/instances/$id/metrics" });
  const { range = "live" } = useSearch({ from: "/signed-in/instances/$id/metrics" });
  const { seconds } = RANGES[range];
  const live = useLive(id, RANGES.live.seconds);
  const history = useQuery(metrics(id, seconds));
  const { marks, since } = useMarks(id, seconds);
  const measures = useMeasures(history.data?.points, range === "live" ? live.measures : undefined);
  const [hasTable, setTable] = useState(false);
  const inSight = within(marks, seconds, Date.now() / 1000);
  return (
    <div className="flex flex-col gap-6">
      <div className="flex flex-wrap items-center gap-x-6 gap-y-3">
        <Ranges range={range} />
        {range === "live" && <LiveState live={live} />}
        <Button
          size="sm"
          variant="outline"
          color="primary"
          className="ml-auto"
          aria-expanded={hasTable}
          icon={<Table2 aria-hidden />}
          onClick={() => setTable(!hasTable)}
        >
          {hasTable ? "Hide the table" : "Show as a table"}
        </Button>
      </div>
      <Troubles troubles={live.troubles} />
      <Loaded query={history}>
        {() => (
          <>
            <MarkLegend marks={inSight} />
            {since !== undefined && (
              <p className="text-muted text-sm">
                What happened is shown from {atWords(since)} on; the history has what was before.
              </p>
            )}
            {hasTable && <MetricsTable measures={measures} marks={inSight} />}
            <div className="laptop:grid-cols-6 laptop:*:col-span-2 laptop:[&>:nth-child(-n+2)]:col-span-3 grid grid-cols-1 gap-5">
              {CHARTS.map((chart) => (
                <ChartPanel key={chart.title} chart={chart} measures={measures} marks={marks} seconds={seconds} />
              ))}
            </div>
          </>
        )}
      </Loaded>
    </div>
  );
}

function Ranges({ range }: { range: Range }) {
  const navigate = useNavigate({ from: "/instances/$id/metrics" });
  return (
    <fieldset className="flex flex-wrap gap-1">
      <legend className="sr-only">Time</legend>
      {(Object.keys(RANGES) as Range[]).map((name) => (
        <label
          key={name}
          className="has-checked:bg-primary has-checked:text-primary-contrast hover:bg-surface flex min-h-10 cursor-pointer items-center rounded-full px-4 text-sm font-bold has-focus-visible:outline-3 has-focus-visible:outline-offset-2"
        >
          <input
            type="radio"
            name="range"
            className="sr-only"
            checked={name === range}
            onChange={() => {
              const search = name === "live" ? {} : { range: name };
              void navigate({ to: "/instances/$id/metrics", params: true, search, replace: true });
            }}
          />
          {RANGES[name].words}
        </label>
      ))}
    </fieldset>
  );
}

function LiveState({ live: { state, usage } }: { live: Live }) {
  const [Icon, ink, words] =
    state === "waiting"
      ? ([Unplug, "text-warning", "Disconnected. It is tried again"] as const)
      : state !== "open" || usage === undefined
        ? ([LoaderCircle, "text-info", "Connecting…"] as const)
        : usage === null
          ? ([CircleCheck, "text-muted", "Nothing to measure just now"] as const)
          : ([CircleCheck, "text-success", "Live"] as const);
  return (
    <p role="status" className={`flex items-center gap-2 text-sm font-bold ${ink}`}>
      <Icon aria-hidden className="size-4.5 shrink-0" />
      {words}
    </p>
  );
}

const RAISE = "Raise its limits, or ask your operator to.";
const TROUBLES: Record<Trouble["kind"], [title: string, advice: string]> = {
  memory_high: ["It needs nearly all of its memory", RAISE],
  cpu_high: ["It needs nearly all of its processor time", RAISE],
  out_of_memory: ["It ran out of memory, and was ended or lost a part of itself", RAISE],
  disk_high: ["A disk of its host is nearly full", "What it stores next may fail: ask your operator to make room."],
};

function Troubles({ troubles }: { troubles: readonly Trouble[] }) {
  return troubles.map(({ kind, since }) => {
    const [title, advice] = TROUBLES[kind];
    return (
      <Message key={kind} kind="warning" title={title}>
        Since <RelativeTime at={since} />. {advice}
      </Message>
    );
  });
}

/** What is kept, and after it what has come live. */
function useMeasures(points: Parameters<typeof ofPoint>[0][] | undefined, live?: readonly Measure[]) {
  const kept = useMemo(() => (points ?? []).map(ofPoint), [points]);
  return useMemo(() => {
    const [first] = live ?? [];
    if (live === undefined || first === undefined) return kept;
    return [...kept.filter(({ at }) => at < first.at), ...live];
  }, [kept, live]);
}
