import { useQuery } from "@tanstack/react-query";
import { z } from "zod/mini";

import type { AskedLimits, Tenant, UpdateTenant } from "@/api";
import { apps } from "@/api/queries/apps";
import { useMay } from "@/api/queries/me";
import { SelectField, TextField } from "@/forms/fields";
import { cpus, memory, pids } from "@/forms/schema";
import { Fact, Facts } from "@/ui/Facts";
import { Section } from "@/ui/Section";

import { type Difference, ReviewedForm, type Wish } from "./Review";
import { useInstance } from "./useInstance";

const schema = z.object({
  image: z.string("Enter an image").check(z.trim(), z.minLength(1, "Enter an image")),
  image_policy: z.enum(["manual", "automatic"]),
  memory: z.optional(memory),
  memory_swap: z.optional(memory),
  cpus: z.optional(cpus),
  pids: z.optional(pids),
});

/** Which image an instance runs, and how much it may use. */
export function Settings() {
  const tenant = useInstance();
  const mayConfigure = useMay("tenant.configure") && tenant.desired_state !== "destroyed";
  return (
    <div className="max-w-3xl">
      <Section title="Image and limits">{mayConfigure ? <Edit tenant={tenant} /> : <Look tenant={tenant} />}</Section>
    </div>
  );
}

const POLICIES = {
  manual: "Only when somebody here asks",
  automatic: "By itself, when a newer version is offered",
};

function Look({ tenant: { image, image_policy, limits } }: { tenant: Tenant }) {
  return (
    <Facts>
      <Fact name="Image">{image}</Fact>
      <Fact name="Updates">{POLICIES[image_policy]}</Fact>
      <Fact name="Memory">{limits?.memory ?? "What its version needs"}</Fact>
      <Fact name="Memory and swap together">{limits?.memory_swap ?? "What its version needs"}</Fact>
      <Fact name="Processor cores">{limits?.cpus ?? "What its version needs"}</Fact>
      <Fact name="Processes">{limits?.pids ?? "What its version needs"}</Fact>
    </Facts>
  );
}

function Edit({ tenant }: { tenant: Tenant }) {
  const { data } = useQuery(apps());
  const most = data?.items.find(({ name }) => name === tenant.app)?.most;
  const { limits } = tenant;
  const upTo = (limit: string | number | undefined) => (limit === undefined ? "" : ` ${limit} at most.`);
  return (
    <ReviewedForm tenant={tenant} schema={schema} wishOf={(values) => changesOf(tenant, values)}>
      <TextField
        name="image"
        label="Image"
        hint="A tag or digest of the app's own image. Another tag is another version: its database is prepared for it before it starts."
        initialValue={tenant.image}
      />
      <SelectField
        name="image_policy"
        label="Updates"
        hint={
          tenant.image_pinned
            ? "It was brought back to the version it has, and stays there until you choose another image, whatever stands here."
            : "By itself: it gets the version that this platform offers. Its database is prepared for it first, and what runs now serves on if the new one doesn't."
        }
        options={Object.entries(POLICIES).map(([value, label]) => ({ value, label }))}
        initialValue={tenant.image_policy}
      />
      <TextField
        name="memory"
        label="Memory"
        hint={`As in 512MiB or 1GiB.${upTo(most?.memory)}`}
        initialValue={limits?.memory ?? ""}
      />
      <TextField
        name="memory_swap"
        label="Memory and swap together"
        hint={`Between the memory and twice that.${upTo(most?.memory_swap)}`}
        initialValue={limits?.memory_swap ?? ""}
      />
      <TextField
        name="cpus"
        label="Processor cores"
        inputMode="numeric"
        hint={`As in 0.5.${upTo(most?.cpus)}`}
        initialValue={String(limits?.cpus ?? "")}
      />
      <TextField
        name="pids"
        label="Processes"
        inputMode="numeric"
        hint={`A whole number.${upTo(most?.pids)}`}
        initialValue={String(limits?.pids ?? "")}
      />
    </ReviewedForm>
  );
}

const NAMES: Record<keyof AskedLimits, string> = {
  memory: "Memory",
  memory_swap: "Memory and swap together",
  cpus: "Processor cores",
  pids: "Processes",
};
const USUAL = "What its version needs";

/** What is otherwise than now. A limit that is emptied is what the version needs. */
function changesOf({ image, image_policy, limits }: Tenant, wished: z.output<typeof schema>): Wish {
  const differences: Difference[] = [];
  const asked: Record<string, string | number | null> = {};
  if (wished.image !== image) differences.push({ name: "Image", from: image, to: wished.image });
  if (wished.image_policy !== image_policy) {
    differences.push({ name: "Updates", from: POLICIES[image_policy], to: POLICIES[wished.image_policy] });
  }
  for (const name of Object.keys(NAMES) as (keyof AskedLimits)[]) {
    const now = String(limits?.[name] ?? "");
    const then = wished[name] ?? "";
    if (then === now) continue;
    const isNumber = name === "cpus" || name === "pids";
    asked[name] = then === "" ? null : isNumber ? Number(then) : then;
    differences.push({ name: NAMES[name], from: now || USUAL, to: then || USUAL });
  }
  const patch: UpdateTenant = {
    ...(wished.image === image ? {} : { image: wished.image }),
    ...(wished.image_policy === image_policy ? {} : { image_policy: wished.image_policy }),
    ...(Object.keys(asked).length === 0 ? {} : { limits: asked as AskedLimits }),
  };
  return { differences, patch, isQuiet: differences.every(({ name }) => name === "Updates") };
}
