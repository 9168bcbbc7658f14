import { Button } from "@codaco/fresco-ui/Button";
import UnconnectedField from "@codaco/fresco-ui/form/Field/UnconnectedField";
import InputField from "@codaco/fresco-ui/form/fields/InputField";
import { useMutation, useQuery } from "@tanstack/react-query";
import { CircleCheck, CircleX, Globe, LoaderCircle } from "lucide-react";
import { type FormEvent, type ReactNode, useRef, useState } from "react";

import type { NameCheck } from "@/api";
import { trouble } from "@/api/problems";
import { nameCheck } from "@/api/queries/wizard";

import { Words } from "@/ui/Words";

import { Go, Refusal } from "./Go";
import { type CheckedName, useNameCheck } from "./useNameCheck";

/** What shows how an address looks before anything is typed. */
const EXAMPLE = "my-study";

interface SubdomainStepProps {
  typed: string;
  onType: (name: string) => void;
  /** The draft that may hold the name. */
  session?: string;
  onSave: (name: string) => Promise<unknown>;
  onDone: () => void;
}

/** Where the instance answers: checked while it is typed. */
export function SubdomainStep({ typed, onType, session, onSave, onDone }: SubdomainStepProps) {
  const box = useRef<HTMLDivElement>(null);
  const [tried, setTried] = useState(false);
  const checked = useNameCheck(typed, session);
  const { data: example } = useQuery(nameCheck(EXAMPLE));
  const save = useMutation({ mutationFn: onSave, onSuccess: onDone });
  const isFree = checked.check?.available === true;
  const change = (name: string) => {
    setTried(false);
    save.reset();
    onType(name.trim().toLowerCase());
  };
  const take = (name: string) => {
    change(name);
    box.current?.querySelector("input")?.focus();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (save.isPending) return;
    // What is not yet answered for is the server's to decide.
    if (typed !== "" && checked.check?.available !== false) save.mutate(typed);
    else {
      setTried(true);
      box.current?.querySelector("input")?.focus();
    }
  };
  return (
    <form noValidate onSubmit={submit}>
      <Refusal error={save.error} />
      <div ref={box}>
        <UnconnectedField
          name="subdomain"
          label="Name"
          hint="3 to 63 letters, digits and hyphens. It can't be changed later."
          component={InputField}
          value={typed}
          onChange={(name?: string) => change(name ?? "")}
          errors={["Choose a name that is to be had."]}
          showErrors={tried}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={80}
          aria-describedby="name-state"
        />
      </div>
      <Address name={typed} url={checked.check?.url} example={example?.url} isFree={isFree} />
      <div id="name-state" role="status" className="mt-4 min-h-14">
        <State name={typed} {...checked} />
      </div>
      <Suggestions check={checked.check} onTake={take} />
      <div className="mt-6">
        <Go busy="Holding it for you…" isBusy={save.isPending}>
          Take this address
        </Go>
      </div>
    </form>
  );
}

interface AddressProps {
  name: string;
  url: string | null | undefined;
  /** The whole address of {@link EXAMPLE}. */
  example: string | null | undefined;
  isFree: boolean;
}

function Address({ name, url, example, isFree }: AddressProps) {
  const [scheme, rest] = (example ?? `https://${EXAMPLE}.…`).split(EXAMPLE);
  return (
    <p
      className={`bg-tint mt-5 flex items-start gap-3 rounded-sm border-2 px-4 py-3 ${isFree ? "border-success" : "border-transparent"}`}
    >
      <Globe aria-hidden className="text-muted mt-0.5 size-5 shrink-0" />
      <span className="min-w-0 break-all">
        <span className="sr-only">The address: </span>
        {url ?? (
          <>
            {scheme}
            <strong>{name === "" ? EXAMPLE : name}</strong>
            {rest}
          </>
        )}
      </span>
    </p>
  );
}

function State({ name, check, error }: CheckedName & { name: string }) {
  if (name === "") return <Line>Short is good: participants may type it.</Line>;
  if (error) return <Line>{trouble(error).detail}</Line>;
  if (check === undefined) {
    return (
      <Line icon={<LoaderCircle aria-hidden className="size-5 animate-spin" />}>Looking whether it is to be had…</Line>
    );
  }
  if (check.available) {
    return (
      <Line ink="text-success" icon={<CircleCheck aria-hidden className="size-5" />}>
        <strong>{name}</strong> is yours to take.
      </Line>
    );
  }
  return (
    <Line ink="text-destructive" icon={<CircleX aria-hidden className="size-5" />}>
      <Words>{check.detail ?? "it is not to be had"}</Words>
    </Line>
  );
}

function Line({ icon, ink = "text-muted", children }: { icon?: ReactNode; ink?: string; children: ReactNode }) {
  return (
    <p className={`flex items-start gap-2 ${ink}`}>
      {icon !== undefined && <span className="mt-0.5 shrink-0">{icon}</span>}
      <span className="min-w-0 break-words">{children}</span>
    </p>
  );
}

function Suggestions({ check, onTake }: { check: NameCheck | undefined; onTake: (name: string) => void }) {
  const all = check?.suggestions ?? [];
  if (check === undefined || check.available || all.length === 0) return null;
  return (
    <div className="mt-2 flex flex-wrap items-center gap-2">
      <p className="text-muted w-full text-sm">These are to be had:</p>
      {all.map((name) => (
        <Button key={name} type="button" size="sm" variant="outline" color="primary" onClick={() => onTake(name)}>
          {name}
        </Button>
      ))}
    </div>
  );
}
