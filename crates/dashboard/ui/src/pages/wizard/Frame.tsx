import Heading from "@codaco/fresco-ui/typography/Heading";
import { Link } from "@tanstack/react-router";
import { ArrowLeft, Check } from "lucide-react";
import { type ReactNode, useEffect, useRef } from "react";

import type { WizardStep } from "@/api";
import { useTitle } from "@/ui/Page";
import { Panel } from "@/ui/Panel";

import { before, WORDS } from "./steps";

interface FrameProps {
  title: string;
  lead?: ReactNode;
  steps: readonly WizardStep[];
  at: WizardStep;
  /** The first that is not answered: those before it can be gone back to. Left out: none can. */
  next?: WizardStep | undefined;
  footer?: ReactNode;
  children: ReactNode;
}

/** The step before has another title; where there was none, the browser has the focus at the top of the page. */
let shownLast: string | undefined;

/** One decision: how far one has come, what is to be decided, and the way back. */
export function Frame({ title, lead, steps, at, next, footer, children }: FrameProps) {
  useTitle(title);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (shownLast !== undefined && shownLast !== title) heading.current?.focus();
    shownLast = title;
  }, [title]);
  const back = next === undefined ? undefined : before(at, steps);
  return (
    <div className="tablet-portrait:px-8 tablet-portrait:py-10 mx-auto flex w-full max-w-3xl grow flex-col px-4 py-4">
      <Steps steps={steps} at={at} next={next} />
      <Panel spacing="generous">
        {back !== undefined && (
          <Link
            to="/sign-up"
            search={{ step: back }}
            hash={true}
            className="inline-link mb-4 inline-flex min-h-6 items-center gap-2 text-sm"
          >
            <ArrowLeft aria-hidden className="size-4" />
            Back
          </Link>
        )}
        <Heading ref={heading} level="h1" margin="none" tabIndex={-1}>
          {title}
        </Heading>
        {lead !== undefined && <div className="text-muted mt-3 max-w-xl">{lead}</div>}
        <div className="mt-8">{children}</div>
      </Panel>
      {footer !== undefined && <div className="text-muted mt-6 text-center text-sm">{footer}</div>}
    </div>
  );
}

function Steps({ steps, at, next }: Pick<FrameProps, "steps" | "at" | "next">) {
  const here = steps.indexOf(at);
  const open = next === undefined ? -1 : steps.indexOf(next);
  return (
    <nav aria-label="Steps" className="mb-6">
      <p aria-hidden className="tablet-portrait:hidden mb-2 text-sm font-bold">
        Step {here + 1} of {steps.length}: {WORDS[at]}
      </p>
      <ol className="flex gap-1.5 tablet-portrait:gap-3">
        {steps.map((step, index) => {
          const isDone = index < here || index < open;
          const mark = (
            <>
              <span
                aria-hidden
                className={`mb-2 block h-1.5 rounded-full ${index <= here ? "bg-primary" : isDone ? "bg-primary/50" : "bg-outline"}`}
              />
              <span className="tablet-portrait:not-sr-only sr-only">
                <span className="flex items-center gap-1.5 text-sm">
                  {isDone && index !== here && <Check aria-hidden className="text-success size-4 shrink-0" />}
                  <span className={index === here ? "font-bold" : "text-muted"}>
                    {WORDS[step]}
                    {isDone && index !== here && <span className="sr-only">, answered</span>}
                  </span>
                </span>
              </span>
            </>
          );
          return (
            <li key={step} className="flex-1" aria-current={index === here ? "step" : undefined}>
              {next !== undefined && index !== here && index <= open ? (
                <Link to="/sign-up" search={{ step }} hash={true} className="block rounded-xs">
                  {mark}
                </Link>
              ) : (
                mark
              )}
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
