import { Button } from "@codaco/fresco-ui/Button";
import type { UseMutationResult } from "@tanstack/react-query";
import { Undo2 } from "lucide-react";
import { useEffect, useRef } from "react";

import { api, expect, type Tenant } from "@/api";
import { ifMatch } from "@/api/operations";
import { useMay } from "@/api/queries/me";
import { useChange } from "@/pages/instances/useOperation";
import { Countdown } from "@/ui/Countdown";
import { focusWhenLost } from "@/ui/focus";
import { Message } from "@/ui/Message";
import { RelativeTime } from "@/ui/RelativeTime";

/** While an instance goes: until when that can be undone, and the way. When it has gone: that nothing is left. */
export function Undo({ tenant }: { tenant: Tenant }) {
  const place = useRef<HTMLDivElement>(null);
  const undo = useChange(tenant, (_: undefined, { id }) =>
    expect(api.POST("/api/v1/tenants/{id}/undo-destroy", { params: { path: { id }, header: ifMatch(tenant) } })),
  );
  const isGoing = tenant.desired_state === "destroyed";
  const wasGoing = useRef(isGoing);
  useEffect(() => {
    // The button that did it has gone with what it was about.
    if (isGoing !== wasGoing.current) focusWhenLost(() => place.current);
    wasGoing.current = isGoing;
  }, [isGoing]);
  if (!isGoing && !undo.isSuccess) return null;
  return (
    <div ref={place} tabIndex={-1}>
      {isGoing ? (
        <Going tenant={tenant} undo={undo} />
      ) : (
        <Message kind="success" title="It is kept">
          It comes back as it was, with all that people have entered.
        </Message>
      )}
    </div>
  );
}

function Going({ tenant, undo }: { tenant: Tenant; undo: UseMutationResult<unknown, Error, undefined> }) {
  const mayUndo = useMay("tenant.destroy");
  const { destroyed_at, removal_started_at, destroy_after, quarantine_until } = tenant;
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
