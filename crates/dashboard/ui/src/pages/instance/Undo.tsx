import { Button } from "@codaco/fresco-ui/Button";
import { Undo2 } from "lucide-react";

import { api, expect, type Tenant } from "@/api";
import { ifMatch } from "@/api/operations";
import { useMay } from "@/api/queries/me";
import { useChange } from "@/pages/instances/useOperation";
import { Countdown } from "@/ui/Countdown";
import { Message } from "@/ui/Message";
import { RelativeTime } from "@/ui/RelativeTime";

/** While an instance goes: until when that can be undone, and the way. When it has gone: that nothing is left. */
export function Undo({ tenant }: { tenant: Tenant }) {
  const mayUndo = useMay("tenant.destroy");
  const undo = useChange(tenant, (_: undefined, { id }) =>
    expect(api.POST("/api/v1/tenants/{id}/undo-destroy", { params: { path: { id }, header: ifMatch(tenant) } })),
  );
  const { desired_state, destroyed_at, removal_started_at, destroy_after, quarantine_until } = tenant;
  if (desired_state !== "destroyed") return null;
  if (destroyed_at != null) {
    return (
      <Message title="It is destroyed">
        Its data were removed <RelativeTime at={destroyed_at} />.
        {quarantine_until != null && (
          <>
            {" "}
            Nobody gets its name until <RelativeTime at={quarantine_until} />.
          </>
        )}
      </Message>
    );
  }
  if (removal_started_at != null) {
    return (
      <Message kind="warning" title="Its data are being removed">
        That can't be undone any more.
      </Message>
    );
  }
  return (
    <Message
      kind="warning"
      title="It is being destroyed"
      action={
        mayUndo && (
          <Button
            color="primary"
            icon={<Undo2 aria-hidden />}
            aria-disabled={undo.isPending}
            onClick={() => undo.isPending || undo.mutate(undefined)}
          >
            {undo.isPending ? "One moment…" : "Undo: keep it"}
          </Button>
        )
      }
    >
      <p className="mb-2">Its address and its container go at once. What people have entered is kept for now.</p>
      {destroy_after != null && <Countdown until={destroy_after} label="Can be undone" />}
    </Message>
  );
}
