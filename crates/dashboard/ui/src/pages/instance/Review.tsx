import { Button } from "@codaco/fresco-ui/Button";
import { ArrowRight } from "lucide-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import type { z } from "zod/mini";

import { api, expect, type Tenant, type UpdateTenant } from "@/api";
import { ifMatch } from "@/api/operations";
import { trouble } from "@/api/problems";
import { Form } from "@/forms/Form";
import { Submit } from "@/forms/Submit";
import { useChange } from "@/pages/instances/useOperation";
import { count } from "@/ui/amounts";
import { Dialog } from "@/ui/Dialog";
import { focusWhenLost } from "@/ui/focus";
import { Message } from "@/ui/Message";
import { notify } from "@/ui/notify";

/** One thing that is to be otherwise; in words, with no secret in them. */
export interface Difference {
  name: string;
  from: string;
  to: string;
}

/** What somebody wishes for: what is otherwise, and how the API is told. */
export interface Wish {
  differences: readonly Difference[];
  patch: UpdateTenant;
  /** Whether what runs stays as it is. */
  isQuiet?: boolean;
}

interface ReviewedFormProps<S extends Record<string, z.ZodMiniType>> {
  tenant: Tenant;
  schema: z.ZodMiniObject<S>;
  wishOf: (values: z.output<z.ZodMiniObject<S>>) => Wish;
  /** The fields. */
  children: ReactNode;
}

/** A form whose changes are looked at before they are made. */
export function ReviewedForm<S extends Record<string, z.ZodMiniType>>(props: ReviewedFormProps<S>) {
  const { tenant, schema, wishOf, children } = props;
  // With the instance as it was then: what somebody else changes after the look makes the answer a refusal.
  const [wish, setWish] = useState<Wish & { tenant: Tenant }>();
  // Each round begins with what was asked for in the one before, once that is known here.
  const [round, setRound] = useState(0);
  const [asked, setAsked] = useState<number>();
  if (asked !== undefined && tenant.generation >= asked) {
    setAsked(undefined);
    setRound(round + 1);
  }
  const look = async (values: z.output<z.ZodMiniObject<S>>) => {
    const asked = wishOf(values);
    if (asked.differences.length > 0) setWish({ ...asked, tenant });
    else notify({ title: "Nothing would be otherwise", variant: "info" });
  };
  const place = useRef<HTMLDivElement>(null);
  const done = (generation: number) => {
    setWish(undefined);
    setAsked(generation);
  };
  // The button that has led to it is another one by then.
  useEffect(() => {
    if (round > 0) focusWhenLost(() => place.current?.querySelector<HTMLElement>("[type=submit]"));
  }, [round]);
  return (
    <div ref={place}>
      <Form key={round} schema={schema} onSubmit={look}>
        {children}
        <Submit busy="One moment…">Look at the changes</Submit>
      </Form>
      {wish !== undefined && <Review {...wish} onClose={() => setWish(undefined)} onDone={done} />}
    </div>
  );
}

function whatComes({ desired_state, subdomain }: Tenant): string {
  return desired_state === "running"
    ? `${subdomain} restarts with it: whoever is in an interview waits for some seconds.`
    : `It is so from the next start of ${subdomain} on.`;
}

interface ReviewProps extends Wish {
  tenant: Tenant;
  onClose: () => void;
  /** It is asked for. */
  onDone: (generation: number) => void;
}

/** What would be otherwise, before it is. */
function Review({ tenant, differences, patch, isQuiet = false, onClose, onDone }: ReviewProps) {
  const { mutate, error, isPending } = useChange(tenant, (body: UpdateTenant, { id }) =>
    expect(api.PATCH("/api/v1/tenants/{id}", { params: { path: { id }, header: ifMatch(tenant) }, body })),
  );
  const apply = () =>
    mutate(patch, {
      onSuccess: ({ generation }) => {
        notify({ title: `${tenant.subdomain} is being changed`, variant: "success" });
        onDone(generation);
      },
    });
  return (
    <Dialog open closeDialog={onClose} title={`Apply ${count(differences.length, "change")}?`}>
      <p className="mb-4">{isQuiet ? `${tenant.subdomain} goes on undisturbed.` : whatComes(tenant)}</p>
      <ul className="flex flex-col gap-3">
        {differences.map(({ name, from, to }) => (
          <li key={name} className="border-outline rounded-sm border-2 px-4 py-3">
            <p className="text-sm font-bold break-words">{name}</p>
            <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
              <del className="text-muted break-all">
                <span className="sr-only">From </span>
                {from}
              </del>
              <ArrowRight aria-hidden className="text-muted size-4 shrink-0" />
              <ins className="font-bold break-all no-underline">
                <span className="sr-only">to </span>
                {to}
              </ins>
            </p>
          </li>
        ))}
      </ul>
      {error !== null && (
        <div className="mt-5">
          <Message kind="danger" title={trouble(error).title}>
            {trouble(error).detail}
          </Message>
        </div>
      )}
      <div className="mt-6 flex flex-wrap justify-end gap-3">
        <Button variant="outline" onClick={onClose}>
          Back
        </Button>
        <Button color="primary" aria-disabled={isPending} onClick={() => isPending || apply()}>
          {isPending ? "One moment…" : "Apply"}
        </Button>
      </div>
    </Dialog>
  );
}
