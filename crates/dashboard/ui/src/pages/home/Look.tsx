import { Globe } from "lucide-react";

import type { Status } from "@/api";
import { LogoMark } from "@/ui/Logo";
import { Panel } from "@/ui/Panel";
import { StatusBadge } from "@/ui/StatusBadge";

const SHOWN: readonly [name: string, said: string, status: Status, busy: readonly number[]][] = [
  ["teen-friendships", "Should run · made 3 weeks ago", "active", [3, 4, 4, 6, 5, 7, 9, 8, 10, 9, 11, 10]],
  ["care-networks", "Should run · Starting the container, 4 s", "provisioning", [0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 6, 8]],
  ["pilot-2026", "Stopped by Grace in April, data kept", "stopped", [6, 5, 5, 4, 3, 2, 1, 0, 0, 0, 0, 0]],
];

/** How the dashboard looks, drawn with what it is made of: nothing in it can be used, and who can't see it misses nothing. */
export function Look() {
  return (
    <div aria-hidden inert className="min-w-0 border-outline bg-tint w-full rounded border-2 p-3 shadow-lg select-none">
      <div className="mb-3 flex items-center gap-3 px-2">
        <LogoMark className="size-7" />
        <span className="font-heading grow text-lg font-extrabold">Instances</span>
        <span className="text-muted text-sm">3 studies</span>
      </div>
      <div className="flex flex-col gap-3">
        {SHOWN.map(([name, said, status, busy]) => (
          <Panel key={name} spacing="none" className="flex flex-wrap items-center gap-x-5 gap-y-3 px-5 py-4">
            <span className="min-w-0 flex-1 basis-36">
              <span className="font-heading block truncate text-base font-bold">{name}</span>
              <span className="text-link flex items-center gap-1.5 text-sm">
                <Globe className="size-4 shrink-0" />
                <span className="truncate">{name}.uni.edu</span>
              </span>
              <span className="text-muted block truncate text-sm">{said}</span>
            </span>
            <Curve values={busy} />
            <StatusBadge status={status} />
          </Panel>
        ))}
      </div>
    </div>
  );
}

function Curve({ values }: { values: readonly number[] }) {
  const points = values.map((value, index) => `${(index * 90) / (values.length - 1)},${26 - value * 2}`).join(" ");
  return (
    <svg viewBox="-2 0 94 28" className="h-7 w-24 shrink-0" aria-hidden="true" focusable="false">
      <polyline
        points={points}
        fill="none"
        stroke="var(--primary)"
        strokeWidth="2.5"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
