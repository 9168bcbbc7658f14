import { type UseMutationResult, useMutation, useQueryClient } from "@tanstack/react-query";

import type { Accepted, Tenant } from "@/api";
import { hoped, type Operation, operate } from "@/api/operations";
import { trouble } from "@/api/problems";
import { know } from "@/api/queries/tenants";
import { notify } from "@/ui/notify";

/** Starts, stops or restarts: shown at once, put right by what the server answers, taken back with a word if it refuses. */
export function useOperation(tenant: Tenant): UseMutationResult<Accepted, Error, Operation> {
  return useChange(tenant, operate, hoped);
}

/**
 * A change of an instance. `ask` is sent what was known of it before; `hope` is what is shown until there is an answer.
 * A refusal is said, and thrown to who waits.
 */
export function useChange<Wish>(
  tenant: Tenant,
  ask: (wish: Wish, tenant: Tenant) => Promise<Accepted>,
  hope?: (wish: Wish, tenant: Tenant) => Tenant,
): UseMutationResult<Accepted, Error, Wish> {
  const known = useQueryClient();
  return useMutation({
    mutationFn: (wish: Wish) => ask(wish, tenant),
    onMutate: async (wish) => {
      if (hope === undefined) return;
      await known.cancelQueries({ queryKey: ["tenants"] });
      know(known, tenant.id, (now) => hope(wish, now));
    },
    onSuccess: (accepted) => know(known, tenant.id, () => accepted.tenant),
    onError: (error) => {
      know(known, tenant.id, () => tenant);
      const { title, detail } = trouble(error);
      notify({ title: `${tenant.subdomain}: ${title}`, description: detail, variant: "destructive" });
    },
    onSettled: () => known.invalidateQueries({ queryKey: ["tenants"] }),
  });
}
