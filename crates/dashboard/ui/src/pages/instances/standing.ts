// Intent beside fact, in words.

import type { ConditionKind, DesiredState, Tenant, TroubleKind } from "@/api";
import { causeOf } from "@/ui/cause";

export interface Standing {
  /** What is wished for: "Should run". */
  intent: string;
  /** What is, or what is done towards it. */
  fact: string;
  /** Since when that is so. */
  since?: string | undefined;
  /** What the fact's last word leads to: a time that comes. */
  until?: string | undefined;
}

const INTENT: Record<DesiredState, string> = {
  running: "Should run",
  stopped: "Should be stopped",
  destroyed: "Should go",
};

const TROUBLE: Record<TroubleKind, string> = {
  memory_high: "close to its limit of memory",
  cpu_high: "close to its limit of processor time",
  out_of_memory: "out of memory lately",
  disk_high: "on a host whose disk is nearly full",
};

/** How an instance stands: the most telling of what is known. */
export function standing(tenant: Tenant): Standing {
  return { intent: INTENT[tenant.desired_state], ...fact(tenant) };
}

function fact(tenant: Tenant): Omit<Standing, "intent"> {
  const { step, last_error: error, troubles } = tenant;
  if (tenant.destroyed_at != null) return { fact: "gone", since: tenant.destroyed_at };
  if (step != null) return { fact: begin(step.description), since: step.since };
  if (error != null) return failed(tenant, begin(causeOf(error.cause).words));
  if (tenant.desired_state === "destroyed") return going(tenant);
  if (tenant.generation !== tenant.observed_generation) return { fact: "just asked for" };
  if (troubles[0] !== undefined) return { fact: TROUBLE[troubles[0].kind] ?? "in trouble", since: troubles[0].since };
  return settled(tenant);
}

function failed({ next_attempt_at: next, last_error: error }: Tenant, cause: string): Omit<Standing, "intent"> {
  return next == null ? { fact: cause, since: error?.at } : { fact: `${cause}; next try in`, until: next };
}

function going({ removal_started_at, destroy_after }: Tenant): Omit<Standing, "intent"> {
  if (removal_started_at != null) return { fact: "its data are being removed", since: removal_started_at };
  return destroy_after == null ? { fact: "on its way" } : { fact: "can be undone for", until: destroy_after };
}

function settled(tenant: Tenant): Omit<Standing, "intent"> {
  switch (tenant.status) {
    case "active":
      return { fact: "answers", since: since(tenant, "ready") };
    case "stopped":
      return { fact: "is stopped", since: since(tenant, "running") };
    case "unknown":
      return { fact: "nobody could look lately", since: tenant.observed_at ?? undefined };
    default:
      return { fact: "on its way" };
  }
}

function since({ conditions }: Tenant, kind: ConditionKind): string | undefined {
  return conditions.find((condition) => condition.kind === kind)?.since;
}

/** As it stands within a sentence. Names in capitals stay. */
function begin(words: string): string {
  return /^[A-Z][a-z]/.test(words) ? words.charAt(0).toLowerCase() + words.slice(1) : words;
}
