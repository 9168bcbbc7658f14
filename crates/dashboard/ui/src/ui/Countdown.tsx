import { Timer } from "lucide-react";

import { clock, moment } from "./time";
import { useNow } from "./useNow";

/** Below it, a time is about to run out, in milliseconds. */
const SOON = 120_000;

interface CountdownProps {
  until: string;
  /** What runs out: "Set-up window". */
  label: string;
  /** What is shown when it has. */
  over?: string;
}

/** A time that runs out. Who listens is told now and then, not each second. */
export function Countdown({ until, label, over = "over" }: CountdownProps) {
  const now = useNow();
  const end = Date.parse(until);
  const left = end - now;
  const minutes = Math.ceil(left / 60_000);
  return (
    <span className={`inline-flex items-center gap-2 font-bold ${left < SOON ? "text-warning" : ""}`}>
      <Timer aria-hidden className="size-5 shrink-0" />
      <span aria-hidden title={moment(end)} className="tabular-nums">
        {label}: {left > 0 ? clock(left) : over}
      </span>
      <span role="timer" aria-live="polite" className="sr-only">
        {left > 0 ? `${label}: ${minutes} ${minutes === 1 ? "minute" : "minutes"} left` : `${label}: ${over}`}
      </span>
    </span>
  );
}
