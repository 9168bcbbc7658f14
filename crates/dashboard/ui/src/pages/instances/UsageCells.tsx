import type { Tenant } from "@/api";
import { bytes, percent } from "@/ui/amounts";
import { Meter } from "@/ui/Meter";
import { Sparkline } from "@/ui/Sparkline";

import { cpuOf, SAMPLES } from "./samples";

/** A sample that is older says nothing of now, in seconds. */
const STALE = 60;

/** What an instance uses now, and how busy it was while somebody looked. As high whether it runs or not. */
export function UsageCells({ tenant }: { tenant: Tenant }) {
  const { usage, subdomain } = tenant;
  if (usage == null || usage.age > STALE) {
    return (
      <p className="text-muted flex min-h-12 items-center text-sm">
        {usage == null ? idle(tenant) : "Not measured just now"}
      </p>
    );
  }
  const limit = usage.memory_limit ?? 0;
  return (
    <div className="grid min-h-12 grid-cols-2 gap-x-5 text-xs tabular-nums">
      <div>
        <div className="mb-1 flex justify-between gap-2">
          <span className="text-muted">CPU</span>
          <span>{percent(usage.cpu / (usage.cpu_limit ?? 1))}</span>
        </div>
        <Sparkline values={cpuOf(tenant.id)} max={usage.cpu_limit ?? 1} slots={SAMPLES} />
      </div>
      <div>
        <div className="mb-1 flex justify-between gap-2">
          <span className="text-muted">Memory</span>
          <span className="whitespace-nowrap">{bytes(usage.memory)}</span>
        </div>
        <div className="flex h-5 items-end pb-0.5">
          <div className="w-full">
            <Meter
              label={`Memory of ${subdomain}`}
              value={usage.memory}
              max={limit}
              words={limit === 0 ? bytes(usage.memory) : `${bytes(usage.memory)} of ${bytes(limit)}`}
            />
          </div>
        </div>
      </div>
    </div>
  );
}

function idle({ status }: Tenant): string {
  return status === "active" ? "Measuring…" : "Uses nothing now";
}
