import NativeSelect from "@codaco/fresco-ui/form/fields/Select/Native";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import type { DesiredState, Plan, Tenant } from "@/api";
import { sentence, trouble } from "@/api/problems";
import { plan } from "@/api/queries/tenants";
import { LoadingText } from "@/ui/Loading";
import { Section } from "@/ui/Section";

const WISHES: { value: string; label: string; state?: DesiredState }[] = [
  { value: "now", label: "as it is wished for now" },
  { value: "running", label: "if it were to run", state: "running" },
  { value: "stopped", label: "if it were to be stopped", state: "stopped" },
  { value: "destroyed", label: "if it were to be destroyed", state: "destroyed" },
];

/** What would be done, step by step; nothing is done by looking. */
export function PlanSection({ tenant: { id } }: { tenant: Tenant }) {
  const [value, setValue] = useState("now");
  const { data, error } = useQuery(plan(id, WISHES.find((wish) => wish.value === value)?.state));
  return (
    <Section title="What would be done">
      <NativeSelect
        aria-label="What would be done"
        name="plan"
        size="sm"
        className="tablet-portrait:max-w-xs"
        value={value}
        options={WISHES.map(({ value, label }) => ({ value, label }))}
        onChange={(chosen) => setValue(String(chosen))}
      />
      {data === undefined && error === null && <LoadingText lines={2} />}
      {error !== null && data === undefined && <p className="text-muted">{trouble(error).detail}</p>}
      {data !== undefined && <Steps plan={data} />}
    </Section>
  );
}

export function Steps({ plan: { steps, end, assumptions } }: { plan: Plan }) {
  return (
    <>
      {steps.length > 0 && (
        <ol className="flex list-decimal flex-col gap-1.5 pl-6">
          {steps.map(({ name, description }, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a step may come twice, and they don't move
            <li key={`${index} ${name}`}>{description}</li>
          ))}
        </ol>
      )}
      <p className="text-muted text-sm">
        {steps.length === 0 ? "Nothing: " : "Then "}
        {steps.length === 0 ? end.detail : sentence(end.detail).toLowerCase()}
      </p>
      {assumptions.length > 0 && (
        <ul className="text-muted list-disc pl-6 text-sm">
          {assumptions.map((assumption) => (
            <li key={assumption}>{sentence(assumption)}</li>
          ))}
        </ul>
      )}
    </>
  );
}
