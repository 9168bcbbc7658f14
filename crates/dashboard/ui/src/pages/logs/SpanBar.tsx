import { Button } from "@codaco/fresco-ui/Button";
import { Timer, X } from "lucide-react";

import type { LogFilter } from "@/api/queries/logs";

import { spanWords } from "./words";

interface SpanBarProps {
  filter: LogFilter;
  /** Nothing can come any more. */
  isPast: boolean;
  onClear: () => void;
}

/** Which span of time is shown, and the way out of it. */
export function SpanBar({ filter, isPast, onClear }: SpanBarProps) {
  const isOn = filter.since !== undefined || filter.until !== undefined;
  return (
    <div role="status" className="empty:hidden">
      {isOn && (
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
          <p className="flex min-w-0 items-baseline gap-2">
            <Timer aria-hidden className="text-info size-5 shrink-0 translate-y-1" />
            <span>
              Only <strong>{spanWords(filter)}</strong>.
              {isPast && " That is past, so what is new is not followed and does not appear."}
            </span>
          </p>
          <Button size="sm" variant="outline" color="primary" icon={<X aria-hidden />} onClick={onClear}>
            All times
          </Button>
        </div>
      )}
    </div>
  );
}
