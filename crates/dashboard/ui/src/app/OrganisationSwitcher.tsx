import NativeSelect from "@codaco/fresco-ui/form/fields/Select/Native";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";

import { switchOrganisation } from "@/api";
import { me } from "@/api/queries/me";

/** In which organisation one acts. Shown to who has a choice. */
export function OrganisationSwitcher() {
  const router = useRouter();
  const { data } = useQuery(me());
  const change = useMutation({
    mutationFn: switchOrganisation,
    onSuccess: () => router.navigate({ to: "/instances" }),
  });
  const all = data?.organisations ?? [];
  if (all.length < 2) return null;
  return (
    <NativeSelect
      aria-label="Organisation"
      name="organisation"
      size="sm"
      value={data?.organisation ?? ""}
      disabled={change.isPending}
      options={all.map(({ organisation, name }) => ({ value: organisation, label: name }))}
      onChange={(value) => {
        if (typeof value === "string") change.mutate(value);
      }}
    />
  );
}
