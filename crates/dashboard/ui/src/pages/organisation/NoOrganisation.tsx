import { Button } from "@codaco/fresco-ui/Button";
import { useMutation } from "@tanstack/react-query";

import { type Membership, type Myself, switchOrganisation } from "@/api";
import { EmptyState } from "@/ui/EmptyState";
import { notifyTrouble } from "@/ui/notify";
import { WRAPS } from "@/ui/wraps";

/** Where somebody acts, if they are a member there still: a token goes on being of an organisation that one has left. */
export function hereOf({ organisation, organisations }: Myself): Membership | undefined {
  return organisations.find((one) => one.organisation === organisation);
}

/** In place of what belongs to an organisation, for who acts in none. */
export function NoOrganisation({ myself: { organisations } }: { myself: Myself }) {
  const act = useMutation({ mutationFn: switchOrganisation, onError: notifyTrouble });
  return (
    <EmptyState
      heading="You act in no organisation"
      action={organisations.map(({ organisation, name }) => (
        <Button
          key={organisation}
          variant="outline"
          color="primary"
          className={WRAPS}
          aria-disabled={act.isPending}
          onClick={() => !act.isPending && act.mutate(organisation)}
        >
          Act in {name}
        </Button>
      ))}
    >
      {organisations.length > 0
        ? "Choose where to go on."
        : "Make one on the page Organisation, or ask somebody to invite you to theirs."}
    </EmptyState>
  );
}
