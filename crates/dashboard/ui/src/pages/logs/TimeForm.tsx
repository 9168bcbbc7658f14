import { Button } from "@codaco/fresco-ui/Button";
import { type FormEvent, useId, useRef, useState } from "react";

import type { LogFilter } from "@/api/queries/logs";

import type { LogFeed } from "./feed";
import type { Go } from "./useDeeds";

interface TimeFormProps {
  feed: LogFeed;
  filter: LogFilter;
  go: Go;
  onNewest: () => void;
}

/** Leads to the first line from a time on. */
export function TimeForm({ feed, filter, go, onNewest }: TimeFormProps) {
  const id = useId();
  const form = useRef<HTMLFormElement>(null);
  const [trouble, setTrouble] = useState("");
  const [isBusy, setBusy] = useState(false);
  const lead = async (time: number) => {
    if (isBusy) return;
    setTrouble("");
    setBusy(true);
    try {
      // Nothing is shown that is before the span.
      const since = filter.since === undefined ? time : Math.max(time, Date.parse(filter.since));
      const cursor = await feed.first(new Date(since).toISOString());
      // Not before: what went wrong is said in it.
      form.current?.closest<HTMLElement>("[popover]")?.hidePopover();
      if (cursor === undefined) onNewest();
      else go({ ...filter, at: cursor });
    } catch {
      setTrouble("That could not be looked up. Please try again.");
    } finally {
      setBusy(false);
    }
  };
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const time = new Date(String(new FormData(event.currentTarget).get("time"))).getTime();
    if (Number.isNaN(time)) return setTrouble("Give a date and a time.");
    void lead(time);
  };
  return (
    <form ref={form} noValidate className="flex w-72 max-w-full flex-col gap-3 p-3" onSubmit={submit}>
      <label htmlFor={id} className="font-bold">
        Date and time
      </label>
      <input
        id={id}
        name="time"
        type="datetime-local"
        step={1}
        aria-describedby={`${id}-trouble`}
        className="bg-input border-edge min-h-11 w-full rounded-sm border-2 px-3"
      />
      <p
        id={`${id}-trouble`}
        role="status"
        className={`${isBusy ? "text-muted" : "text-destructive"} text-sm empty:hidden`}
      >
        {isBusy ? "Looking for it…" : trouble}
      </p>
      <div className="flex flex-wrap gap-2">
        {AGO.map(({ words, minutes }) => (
          <Button
            key={minutes}
            type="button"
            size="sm"
            variant="outline"
            color="primary"
            aria-disabled={isBusy}
            onClick={() => void lead(Date.now() - minutes * 60_000)}
          >
            {words}
          </Button>
        ))}
      </div>
      <Button type="submit" size="sm" color="primary" aria-disabled={isBusy}>
        Go there
      </Button>
    </form>
  );
}

const AGO = [
  { words: "10 min ago", minutes: 10 },
  { words: "1 h ago", minutes: 60 },
  { words: "1 day ago", minutes: 1440 },
];
