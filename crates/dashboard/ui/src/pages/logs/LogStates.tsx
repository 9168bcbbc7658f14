import { Button } from "@codaco/fresco-ui/Button";

import { ApiError } from "@/api";
import { isProblem, sentence } from "@/api/problems";
import type { LogFilter } from "@/api/queries/logs";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorState } from "@/ui/ErrorState";
import { EmptyIllustration, LostIllustration } from "@/ui/illustrations";

import { isFiltered } from "./search";
import { spanWords } from "./words";

interface NothingLoggedProps {
  filter: LogFilter;
  /** Nothing can come any more. */
  isPast: boolean;
}

/** In place of a log without a line. */
export function NothingLogged({ filter, isPast }: NothingLoggedProps) {
  if (filter.since !== undefined || filter.until !== undefined) {
    const { level, query } = filter;
    const what =
      level === undefined && query === undefined ? "Nothing that is kept was said" : "Nothing that matches was said";
    return (
      <EmptyState heading="This span holds nothing">
        {what} {spanWords(filter)}. Another span, or all times, may have it.
        {isPast ? "" : " What comes in it, appears here."}
      </EmptyState>
    );
  }
  return isFiltered(filter) ? (
    <EmptyState heading="No line is like that">
      Nothing that is kept matches. What comes from now on and does, appears here.
    </EmptyState>
  ) : (
    <EmptyState heading="Nothing was said yet" illustration={<EmptyIllustration />}>
      As soon as the instance says something, it appears here.
    </EmptyState>
  );
}

interface FailedLogProps {
  error: unknown;
  onRetry: () => void;
  onNewest: () => void;
}

/** In place of a log that can't be shown. */
export function FailedLog({ error, onRetry, onNewest }: FailedLogProps) {
  if (isProblem(error, "log_cursor_gone")) {
    return (
      <EmptyState
        heading="This line is not kept any more"
        illustration={<LostIllustration />}
        action={
          <Button color="primary" onClick={onNewest}>
            Show the newest
          </Button>
        }
      >
        Logs are kept for some weeks, and of much of it the oldest goes first.
      </EmptyState>
    );
  }
  if (isProblem(error, "invalid_request") && error instanceof ApiError) {
    const [first] = error.problem.errors ?? [];
    return (
      <EmptyState heading="This can't be searched for">{sentence(first?.detail ?? error.problem.detail)}</EmptyState>
    );
  }
  return <ErrorState error={error} onRetry={onRetry} />;
}
