import Field from "@codaco/fresco-ui/form/Field/Field";
import InputField from "@codaco/fresco-ui/form/fields/InputField";
import { useQuery } from "@tanstack/react-query";
import { CircleCheck, CircleX, LoaderCircle } from "lucide-react";
import type { ComponentProps } from "react";

import type { NameCheck, Reason } from "@/api";
import { sentence } from "@/api/problems";
import { nameCheck } from "@/api/queries/names";
import { useSettled } from "@/ui/useSettled";

/** Where the API speaks of tenants, the same for people. */
const WORDS: Partial<Record<Reason, string>> = {
  taken: "Another instance has this name. Choose another one.",
  in_quarantine: "An instance of this name was destroyed lately, so nobody gets it yet. Choose another one.",
  held: "Somebody else is just about to take this name. Choose another one.",
};

/** Where an instance will answer: asked for while somebody writes, with the whole address, or why not and what is close to it. */
export function SubdomainField({ name, label, hint }: { name: string; label: string; hint?: string }) {
  return (
    <Field
      name={name}
      component={CheckedInput}
      label={label}
      hint={hint}
      required={`Choose a ${label.charAt(0).toLowerCase()}${label.slice(1)}`}
    />
  );
}

function CheckedInput({ value, onChange, ...rest }: ComponentProps<typeof InputField>) {
  const wished = String(value ?? "").trim();
  const asked = useSettled(wished);
  const { data, isFetching, isError } = useQuery(nameCheck(asked));
  const isNew = asked === wished && data !== undefined && !isFetching;
  return (
    <div className="flex flex-col gap-2">
      <InputField
        {...rest}
        value={value}
        onChange={(text) => onChange?.(text?.toLowerCase())}
        autoCapitalize="none"
        autoComplete="off"
        spellCheck={false}
      />
      <div role="status" className="min-h-12 text-sm">
        {wished !== "" && isNew && <Answer check={data} />}
        {wished !== "" && !isNew && !isError && (
          <p className="text-muted flex items-center gap-2">
            <LoaderCircle aria-hidden className="size-4.5 shrink-0 animate-spin" /> Looking whether it is to be had…
          </p>
        )}
      </div>
      {isNew && !data.available && data.suggestions.length > 0 && (
        <p className="flex flex-wrap items-center gap-x-3 gap-y-2 text-sm">
          <span className="text-muted">To be had:</span>
          {data.suggestions.map((suggestion) => (
            <button
              key={suggestion}
              type="button"
              className="border-edge text-link hover:bg-tint min-h-8 cursor-pointer rounded-full border px-3 font-bold"
              onClick={() => onChange?.(suggestion)}
            >
              {suggestion}
            </button>
          ))}
        </p>
      )}
    </div>
  );
}

function Answer({ check: { available, url, detail, reason } }: { check: NameCheck }) {
  if (available) {
    return (
      <p className="flex items-start gap-2">
        <CircleCheck aria-hidden className="text-success mt-0.5 size-4.5 shrink-0" />
        <span className="min-w-0">
          It will answer at <strong className="break-all">{url}</strong>
        </span>
      </p>
    );
  }
  return (
    <p className="text-destructive flex items-start gap-2">
      <CircleX aria-hidden className="mt-0.5 size-4.5 shrink-0" />
      <span className="min-w-0">
        {(reason && WORDS[reason]) ?? sentence(detail ?? "it is not to be had").replaceAll("`", "")}
      </span>
    </p>
  );
}
