import { type UseMutationResult, useMutation, useQueryClient } from "@tanstack/react-query";

import type { Accepted, Tenant } from "@/api";
import { change, hoped, type Operation, operate } from "@/api/operations";
import { trouble } from "@/api/problems";
import { notify } from "@/ui/notify";

/** Starts, stops or restarts: shown at once, put right by what the server answers, taken back with a word if it refuses. */
export function useOperation(tenant: Tenant): UseMutationResult<Accepted, Error, Operation> {
  return useChange(tenant, operate, hoped);
}

/**
 * A change of an instance. `ask` is given what was known of it before; `hope` is what is shown until there is an answer.
 * A refusal is said, and thrown to who waits.
 */
export function useChange<Wish>(
  tenant: Tenant,
  ask: (wish: Wish, tenant: Tenant) => Promise<Accepted>,
  hope?: (wish: Wish, tenant: Tenant) => Tenant,
): UseMutationResult<Accepted, Error, Wish> {
  const known = useQueryClient();
  return useMutation({
    mutationFn: (wish: Wish) =>
      change(known, tenant, () => ask(wish, tenant), hope === undefined ? undefined : (now) => hope(wish, now)),
    onError: (error) => sayRefused(tenant, error),
  });
}

export function sayRefused({ subdomain }: Tenant, error: unknown): void {
  const { title, detail } = trouble(error);
  notify({ title: `${subdomain}: ${title}`, description: detail, variant: "destructive" });
}
