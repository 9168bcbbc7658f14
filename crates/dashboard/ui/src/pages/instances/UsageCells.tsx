import type { Tenant } from "@/api";
import { bytes, percent } from "@/ui/amounts";
import { Sparkline } from "@/ui/Sparkline";

import { SAMPLES, seenOf } from "./samples";

/** A sample that is older says nothing of now, in seconds. */
const STALE = 60;

/** What an instance uses now, and how that went while somebody looked. As high whether it runs or not. */
export function UsageCells({ tenant }: { tenant: Tenant }) {
  const { usage } = tenant;
  if (usage == null || usage.age > STALE) {
    return (
      <p className="text-muted flex min-h-12 items-center text-sm">
        {usage == null ? idle(tenant) : "Not measured just now"}
      </p>
    );
  }
  const { cpu, memory } = seenOf(tenant.id);
  const cores = usage.cpu_limit ?? 1;
  const room = usage.memory_limit ?? 0;
  return (
    <div className="grid min-h-12 grid-cols-2 gap-x-5 text-xs tabular-nums">
      <Cell name="CPU" words={percent(usage.cpu / cores)} values={cpu} max={cores} />
      <Cell
        name="Memory"
        words={bytes(usage.memory)}
        more={room === 0 ? "" : ` of ${bytes(room)}`}
        values={memory}
        max={room}
      />
    </div>
  );
}

interface CellProps {
  name: string;
  words: string;
  /** What eyes see by how high the line is. */
  more?: string;
  values: readonly number[];
  max: number;
}

function Cell({ name, words, more, values, max }: CellProps) {
  return (
    <div>
      <div className="mb-1 flex justify-between gap-2">
        <span className="text-muted">{name}</span>
        <span className="whitespace-nowrap" title={`${words}${more ?? ""}`}>
          {words}
          <span className="sr-only">{more}</span>
        </span>
      </div>
      <Sparkline values={values} max={max} slots={SAMPLES} />
    </div>
  );
}

function idle({ status }: Tenant): string {
  return status === "active" ? "Measuring…" : "Uses nothing now";
}
