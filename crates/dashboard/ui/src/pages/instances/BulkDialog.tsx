import { Button } from "@codaco/fresco-ui/Button";
import { useQueryClient } from "@tanstack/react-query";
import { CircleCheck, CircleX, LoaderCircle, Minus } from "lucide-react";
import { useEffect, useRef, useState } from "react";

import type { Tenant } from "@/api";
import { change, hoped, OPERATIONS, type Operation, operate, whyNot } from "@/api/operations";
import { isProblem, trouble } from "@/api/problems";
import { count } from "@/ui/amounts";
import { Dialog } from "@/ui/Dialog";
import { focusWhenLost } from "@/ui/focus";

type Outcome = { kind: "asking" } | { kind: "asked" } | { kind: "refused"; why: string };

interface BulkDialogProps {
  operation: Operation;
  chosen: readonly Tenant[];
  onClose: () => void;
}

/** What would happen to each of them, and then what has. */
export function BulkDialog({ operation, chosen, onClose }: BulkDialogProps) {
  const { verb, becomes } = OPERATIONS[operation];
  // As they were when it was asked for: they change while it is done.
  const [all] = useState(() => chosen.map((tenant) => ({ tenant, why: whyNot(tenant, operation) })));
  const { outcomes, isBusy, run, stop } = useRun(operation);
  const touched = all.filter(({ why }) => why === undefined).map(({ tenant }) => tenant);
  const isDone = outcomes.size > 0 && !isBusy;
  const end = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    // The button that did it is gone by then.
    if (isDone) focusWhenLost(() => end.current);
  }, [isDone]);
  const asked = [...outcomes.values()].filter(({ kind }) => kind !== "asking").length;
  return (
    <Dialog open closeDialog={onClose} title={`${verb} ${count(touched.length, "instance")}?`}>
      <p className="mb-4">{preview(touched.length, all.length, becomes)}</p>
      <ul
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and so the keyboard must reach it
        tabIndex={0}
        aria-label="What happens to each"
        className="border-outline max-h-72 overflow-y-auto rounded-sm border-2"
      >
        {all.map(({ tenant, why }) => (
          <li key={tenant.id} className="border-outline flex items-center gap-3 border-b px-4 py-2 last:border-b-0">
            <Sign outcome={outcomes.get(tenant.id)} isLeft={why !== undefined} />
            <span className="min-w-0 flex-1 break-words">
              <span className="font-bold">{tenant.subdomain}</span>{" "}
              <span className="text-muted">{words(outcomes.get(tenant.id), why, becomes, isDone)}</span>
            </span>
          </li>
        ))}
      </ul>
      <div className="mt-6 flex flex-wrap justify-end gap-3">
        {isBusy ? (
          <Button variant="outline" onClick={stop}>
            Stop here
          </Button>
        ) : (
          <Button ref={end} variant="outline" onClick={onClose}>
            {isDone ? "Close" : "Cancel"}
          </Button>
        )}
        {!isDone && touched.length > 0 && (
          <Button color="primary" aria-disabled={isBusy} onClick={() => isBusy || void run(touched)}>
            {isBusy ? `${asked} of ${touched.length}…` : `${verb} ${count(touched.length, "instance")}`}
          </Button>
        )}
      </div>
    </Dialog>
  );
}

/** How long it waits when it is told to ask more seldom, in milliseconds, and how often it does. */
const TOO_OFTEN = 5_000;
const PATIENCE = 24;

/** Asks for one after the other, until it is stopped or left; what is refused stops none of the others. */
function useRun(operation: Operation) {
  const known = useQueryClient();
  const [outcomes, setOutcomes] = useState<ReadonlyMap<string, Outcome>>(new Map());
  const [isBusy, setBusy] = useState(false);
  const stopped = useRef(new AbortController());
  useEffect(() => {
    const mounted = new AbortController();
    stopped.current = mounted;
    return () => mounted.abort();
  }, []);
  const note = (id: string, outcome: Outcome) => setOutcomes((before) => new Map(before).set(id, outcome));
  const ask = async (tenant: Tenant, signal: AbortSignal) => {
    for (let tries = 0; ; tries += 1) {
      try {
        await change(
          known,
          tenant,
          () => operate(operation, tenant),
          (now) => hoped(operation, now),
        );
        return;
      } catch (error) {
        if (!isProblem(error, "rate_limited") || tries >= PATIENCE || signal.aborted) throw error;
        await new Promise((resolve) => setTimeout(resolve, TOO_OFTEN));
      }
    }
  };
  const run = async (touched: readonly Tenant[]) => {
    const { signal } = stopped.current;
    setBusy(true);
    for (const tenant of touched) {
      if (signal.aborted) break;
      note(tenant.id, { kind: "asking" });
      try {
        await ask(tenant, signal);
        note(tenant.id, { kind: "asked" });
      } catch (error) {
        note(tenant.id, { kind: "refused", why: trouble(error).title });
      }
    }
    setBusy(false);
  };
  return { outcomes, isBusy, run, stop: () => stopped.current.abort() };
}

function preview(touched: number, all: number, becomes: string): string {
  const left = all - touched;
  const rest = left === 0 ? "" : ` ${count(left, "is", "are")} left alone.`;
  if (touched === 0) return `None of them ${becomes}.`;
  const many = touched === 1 ? `One instance ${becomes}.` : `${touched} instances ${becomes.replace(/s$/, "")}.`;
  return many + rest;
}

function words(outcome: Outcome | undefined, why: string | undefined, becomes: string, isStopped: boolean): string {
  if (why !== undefined) return `is left alone: ${why}`;
  if (outcome?.kind === "refused") return `is as it was: ${outcome.why}`;
  if (outcome?.kind === "asked") return `${becomes} now`;
  return isStopped ? "was not asked: it stays as it is" : becomes;
}

function Sign({ outcome, isLeft }: { outcome: Outcome | undefined; isLeft: boolean }) {
  const look = "size-5 shrink-0";
  if (isLeft) return <Minus aria-hidden className={`text-muted ${look}`} />;
  switch (outcome?.kind) {
    case "asked":
      return <CircleCheck aria-label="Asked for" className={`text-success ${look}`} />;
    case "refused":
      return <CircleX aria-label="Refused" className={`text-destructive ${look}`} />;
    case "asking":
      return <LoaderCircle aria-label="Asking" className={`text-info animate-spin ${look}`} />;
    case undefined:
      return <span aria-hidden className={`border-edge rounded-full border-2 ${look}`} />;
  }
}
