import { Pause, Play } from "lucide-react";
import { useEffect, useState, useSyncExternalStore } from "react";

import type { Tenant } from "@/api";
import { StandingLine } from "@/pages/instances/StandingLine";
import { remember } from "@/pages/instances/samples";
import { UsageCells } from "@/pages/instances/UsageCells";
import { LogRow } from "@/pages/logs/LogRow";
import { finder } from "@/pages/logs/marks";
import { LogoMark } from "@/ui/Logo";
import { Panel } from "@/ui/Panel";
import { StatusBadge } from "@/ui/StatusBadge";

import { LENGTH, linesAt, rememberUntil, STILL, studiesAt } from "./example";

import "@/pages/logs/logs.css";

/** From step to step, in milliseconds. */
const PACE = 2000;
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const NOTHING = finder({});

/** The dashboard's own parts with made-up studies. It can be stopped, and stands still for who wants no motion. */
export function Look() {
  const isCalm = useSyncExternalStore(onCalm, () => calm.matches);
  const [isPaused, setPaused] = useState(false);
  const moves = !isCalm && !isPaused;
  const { step, now } = useSteps(moves);
  return (
    <figure className="w-full min-w-0">
      <div aria-hidden inert className="border-outline bg-tint w-full rounded border-2 p-3 shadow-lg select-none">
        <div className="mb-3 flex items-center gap-3 px-2">
          <LogoMark className="size-7" />
          <span className="font-heading grow text-lg font-extrabold">Instances</span>
        </div>
        <div className="flex flex-col gap-3">
          {studiesAt(step, now).map((tenant) => (
            <Row key={tenant.id} tenant={tenant} />
          ))}
          <Lines step={step} now={now} />
        </div>
      </div>
      <figcaption className="mt-3 flex min-h-10 flex-wrap items-center justify-between gap-x-4 gap-y-1 text-sm">
        <span className="text-muted">An example of the dashboard, with made-up studies.</span>
        {!isCalm && (
          <button
            type="button"
            className="text-link hover:bg-surface flex min-h-10 cursor-pointer items-center gap-2 rounded-full px-3 font-bold"
            onClick={() => setPaused(!isPaused)}
          >
            {isPaused ? <Play aria-hidden className="size-4" /> : <Pause aria-hidden className="size-4" />}
            {isPaused ? "Play the example" : "Stop the example"}
          </button>
        )}
      </figcaption>
    </figure>
  );
}

function onCalm(listener: () => void): () => void {
  calm.addEventListener("change", listener);
  return () => calm.removeEventListener("change", listener);
}

/** The step that is shown, and when it began; where nothing moves, the last one. */
function useSteps(moves: boolean): { step: number; now: number } {
  const [shown, show] = useState(() => begin(moves ? 0 : STILL));
  useEffect(() => {
    show(begin(moves ? 0 : STILL));
    if (!moves) return;
    const timer = setInterval(() => {
      if (document.hidden) return;
      show(({ step }) => {
        const next = { step: (step + 1) % LENGTH, now: Date.now() };
        studiesAt(next.step, next.now).forEach(remember);
        return next;
      });
    }, PACE);
    return () => clearInterval(timer);
  }, [moves]);
  return shown;
}

function begin(step: number): { step: number; now: number } {
  const now = Date.now();
  rememberUntil(step, now);
  return { step, now };
}

/** A row of the list, of such height that nothing moves below it whatever it says. */
function Row({ tenant }: { tenant: Tenant }) {
  const { subdomain, url, status } = tenant;
  return (
    <Panel
      spacing="none"
      className="tablet-portrait:grid-cols-[minmax(0,0.75fr)_minmax(0,1fr)] grid grid-cols-1 items-center gap-x-5 gap-y-2 px-4 py-3"
    >
      <span className="min-w-0">
        <span className="font-heading block truncate text-base font-bold">{subdomain}</span>
        <span className="text-muted block truncate text-sm">{url.replace("https://", "")}</span>
      </span>
      <span className="tablet-portrait:justify-self-end">
        <StatusBadge status={status} />
      </span>
      <span className="h-13 overflow-hidden [&>span]:line-clamp-2">
        <StandingLine tenant={tenant} />
      </span>
      <UsageCells tenant={tenant} />
    </Panel>
  );
}

function Lines({ step, now }: { step: number; now: number }) {
  return (
    <div
      data-wraps="false"
      className="log tablet-portrait:[&_.log-row]:grid-cols-[6.25rem_3rem_minmax(0,1fr)]! overflow-hidden rounded-sm py-2 text-xs [&_.log-row]:grid-cols-[3rem_minmax(0,1fr)]! [&_.log-row]:px-3! max-tablet-portrait:[&_.log-row>:first-child]:hidden [&_.log-text]:truncate"
    >
      {linesAt(step, now).map((entry, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows stay where they are, and say something else: nothing moves
        <LogRow key={index} entry={entry} isChosen={false} find={NOTHING} onLoad={() => undefined} />
      ))}
    </div>
  );
}
