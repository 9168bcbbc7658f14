// What is done to an instance at a click: what may be asked for, and how.

import type { QueryClient } from "@tanstack/react-query";

import { api, expect } from ".";
import { live } from "./live";
import { know } from "./queries/tenants";
import type { Accepted, DesiredState, Tenant } from "./schema";

export type Operation = "start" | "stop" | "restart";

interface Description {
  /** Of the button. */
  verb: string;
  /** What becomes of it: "my-study stops". */
  becomes: string;
  goal: DesiredState;
}

export const OPERATIONS: Record<Operation, Description> = {
  start: { verb: "Start", becomes: "starts", goal: "running" },
  stop: { verb: "Stop", becomes: "stops", goal: "stopped" },
  restart: { verb: "Restart", becomes: "restarts", goal: "running" },
};

/** What makes sense for it now. */
export function offered({ desired_state, destroyed_at }: Pick<Tenant, "desired_state" | "destroyed_at">): Operation[] {
  if (destroyed_at != null || desired_state === "destroyed") return [];
  return desired_state === "running" ? ["stop", "restart"] : ["start"];
}

/** Why not, in words that follow "is left alone:"; undefined: it is offered. */
export function whyNot(tenant: Tenant, operation: Operation): string | undefined {
  if (offered(tenant).includes(operation)) return undefined;
  if (tenant.desired_state === "destroyed") return "it is being destroyed";
  return operation === "start" ? "it should run already" : "it should be stopped already";
}

/** What was seen when it was asked for: somebody else was faster, and it is refused. */
export const ifMatch = ({ generation }: Tenant) => ({ "If-Match": `"${generation}"` });

export function operate(operation: Operation, tenant: Tenant): Promise<Accepted> {
  const params = { params: { path: { id: tenant.id }, header: ifMatch(tenant) } };
  switch (operation) {
    case "start":
      return expect(api.POST("/api/v1/tenants/{id}/start", params));
    case "stop":
      return expect(api.POST("/api/v1/tenants/{id}/stop", params));
    case "restart":
      return expect(api.POST("/api/v1/tenants/{id}/restart", params));
  }
}

/** How it will be shown from the click on, until the server has spoken. */
export function hoped(operation: Operation, tenant: Tenant): Tenant {
  return { ...tenant, desired_state: OPERATIONS[operation].goal, generation: tenant.generation + 1, step: null };
}

/**
 * Asks for a change; what is hoped for is shown meanwhile, and what the server says from then on.
 * @throws what `ask` throws, when what was known before is shown again.
 */
export async function change(
  known: QueryClient,
  tenant: Tenant,
  ask: () => Promise<Accepted>,
  hope?: (now: Tenant) => Tenant,
): Promise<Accepted> {
  if (hope !== undefined) {
    await known.cancelQueries({ queryKey: ["tenants"] });
    know(known, tenant.id, hope);
  }
  try {
    const accepted = await ask();
    know(known, tenant.id, (now) => settled(accepted.tenant, now));
    return accepted;
  } catch (error) {
    know(known, tenant.id, () => tenant);
    void known.invalidateQueries({ queryKey: ["tenants"] });
    throw error;
  } finally {
    // Else the page is told.
    if (!live.isOpen) void known.invalidateQueries({ queryKey: ["tenants"] });
  }
}

/** What was asked for is as the answer says. Nobody has looked since, so what was last seen is not taken back by it. */
function settled(answer: Tenant, now: Tenant): Tenant {
  const { status, observed_at = null, usage = null, troubles, usual_deploy = null, sizes } = now;
  if (answer.status !== "unknown") return answer;
  return { ...answer, status, observed_at, usage, troubles, usual_deploy, sizes };
}
