import { Button } from "@codaco/fresco-ui/Button";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";

import { api, expect, type Membership, type Myself, switchOrganisation } from "@/api";
import { me, useMay } from "@/api/queries/me";
import { ConfirmByName } from "@/ui/ConfirmByName";
import { notify } from "@/ui/notify";
import { Section } from "@/ui/Section";
import { WRAPS } from "@/ui/wraps";

interface EndingProps {
  myself: Myself;
  here: Membership;
}

/** The ways out of an organisation: one's own, and everybody's. */
export function Ending({ myself, here }: EndingProps) {
  const mayDelete = useMay("organisation.delete");
  const goOn = useElsewhere(myself, here);
  const { organisation, name, personal } = here;
  const params = { path: { id: organisation } };
  const leave = async () => {
    await expect(api.POST("/api/v1/organisations/{id}/leave", { params }));
    await goOn(`You have left ${name}`);
  };
  const remove = async () => {
    await expect(api.DELETE("/api/v1/organisations/{id}", { params }));
    await goOn(`${name} is deleted`);
  };
  if (personal) {
    return (
      <Section title="Leave or delete">
        <p>This organisation is yours alone: it came with your account, and goes with it.</p>
      </Section>
    );
  }
  return (
    <Section title={mayDelete ? "Leave or delete" : "Leave"}>
      <p className="text-muted">
        Who leaves comes back by an invitation only.
        {mayDelete && " An organisation keeps an owner, and can be deleted once all its instances are destroyed."}
      </p>
      <div className="flex flex-wrap gap-3">
        <Way words={`Leave ${name}`} name={name} onConfirm={leave}>
          You see none of its instances any more, and all keys that you have made here end. The instances stay.
        </Way>
        {mayDelete && (
          <Way words={`Delete ${name}`} name={name} onConfirm={remove}>
            It goes for good: its members leave it, its open invitations and its keys end.
          </Way>
        )}
      </div>
    </Section>
  );
}

interface WayProps {
  /** A verb and its object. */
  words: string;
  name: string;
  onConfirm: () => Promise<unknown>;
  /** What will happen. */
  children: ReactNode;
}

function Way({ words, name, onConfirm, children }: WayProps) {
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <Button variant="outline" color="destructive" className={WRAPS} onClick={() => setAsking(true)}>
        {words}…
      </Button>
      <ConfirmByName
        open={isAsking}
        onClose={() => setAsking(false)}
        title={`${words}?`}
        name={name}
        confirm={words}
        onConfirm={onConfirm}
      >
        <p>{children}</p>
      </ConfirmByName>
    </>
  );
}

/** Acts in another organisation from now on, the personal one at first. */
function useElsewhere({ organisations }: Myself, here: Membership): (said: string) => Promise<void> {
  const navigate = useNavigate();
  const known = useQueryClient();
  return async (said) => {
    notify({ title: said, variant: "success" });
    // What is on the page is asked for anew when one acts elsewhere: not of what one sees no more.
    known.removeQueries({ queryKey: ["organisations", here.organisation] });
    const next = organisations.find(({ organisation }) => organisation !== here.organisation);
    const isElsewhere = next !== undefined && (await succeeds(switchOrganisation(next.organisation)));
    if (isElsewhere) await navigate({ to: "/instances" });
    // It is left all the same: the page shows where one can go on.
    else await known.invalidateQueries(me());
  };
}

const succeeds = (work: Promise<unknown>): Promise<boolean> =>
  work.then(
    () => true,
    () => false,
  );
