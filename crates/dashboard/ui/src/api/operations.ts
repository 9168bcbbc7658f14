// What is done to an instance at a click: what may be asked for, and how.

import { api, expect } from ".";
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
