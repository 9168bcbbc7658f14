import { Button } from "@codaco/fresco-ui/Button";
import { type FormEvent, useId, useRef, useState } from "react";

import type { LogFilter } from "@/api/queries/logs";

import { readLogSearch } from "./search";
import type { Go } from "./useDeeds";

const MINUTE = 60_000;
const LAST = [
  { words: "Last 10 min", length: 10 * MINUTE },
  { words: "Last hour", length: 60 * MINUTE },
  { words: "Last day", length: 1440 * MINUTE },
  { words: "Last week", length: 7 * 1440 * MINUTE },
];

/** Which span of time is shown: from then on, until then, or both. */
export function SpanForm({ filter, go }: { filter: LogFilter; go: Go }) {
  const id = useId();
  const form = useRef<HTMLFormElement>(null);
  const [trouble, setTrouble] = useState("");
  const show = (since: number | undefined, until: number | undefined) => {
    setTrouble("");
    form.current?.closest<HTMLElement>("[popover]")?.hidePopover();
    go(readLogSearch({ ...filter, since: isoOf(since), until: isoOf(until) }));
  };
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const [since, until] = ["since", "until"].map((name) => read(event.currentTarget, name));
    const wrong = whatIsWrong(since, until);
    if (wrong === undefined) return show(since, until);
    setTrouble(wrong);
    event.currentTarget.querySelector("input")?.focus();
  };
  return (
    // Made anew where the address says another span.
    <form
      key={`${filter.since} ${filter.until}`}
      ref={form}
      noValidate
      className="flex w-72 max-w-full flex-col gap-3 p-3"
      onSubmit={submit}
    >
      <div className="flex flex-wrap gap-2">
        {LAST.map(({ words, length }) => (
          <Button
            key={words}
            type="button"
            size="sm"
            variant="outline"
            color="primary"
            onClick={() => show(Date.now() - length, undefined)}
          >
            {words}
          </Button>
        ))}
      </div>
      {(["since", "until"] as const).map((name) => (
        <div key={name} className="flex flex-col gap-1.5">
          <label htmlFor={`${id}-${name}`} className="font-bold">
            {name === "since" ? "From" : "Until"}
          </label>
          <input
            id={`${id}-${name}`}
            name={name}
            type="datetime-local"
            step={1}
            defaultValue={local(filter[name])}
            aria-invalid={trouble !== ""}
            aria-describedby={`${id}-trouble`}
            className="bg-input border-edge min-h-11 w-full rounded-sm border-2 px-3"
          />
        </div>
      ))}
      <p id={`${id}-trouble`} role="alert" className="text-destructive text-sm empty:hidden">
        {trouble}
      </p>
      <Button type="submit" size="sm" color="primary">
        Show only these
      </Button>
    </form>
  );
}

/** Undefined: left open; NaN: no time. */
function read(form: HTMLFormElement, name: string): number | undefined {
  const input = form.elements.namedItem(name) as HTMLInputElement;
  if (input.validity.badInput) return Number.NaN;
  return input.value === "" ? undefined : new Date(input.value).getTime();
}

function whatIsWrong(since: number | undefined, until: number | undefined): string | undefined {
  if (since === undefined && until === undefined) return "Give a beginning, an end, or both.";
  if (Number.isNaN(since) || Number.isNaN(until)) return "Give whole dates and times.";
  if (since !== undefined && until !== undefined && since >= until) return "The end has to be after the beginning.";
  return undefined;
}

const isoOf = (time: number | undefined) => (time === undefined ? undefined : new Date(time).toISOString());

/** As the browser's field has it: where the reader is, without a zone. */
function local(time: string | undefined): string {
  if (time === undefined) return "";
  const at = new Date(time);
  return new Date(at.getTime() - at.getTimezoneOffset() * MINUTE).toISOString().slice(0, 19);
}
