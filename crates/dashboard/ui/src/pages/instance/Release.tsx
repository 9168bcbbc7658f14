import { Button } from "@codaco/fresco-ui/Button";
import { RefreshCw, Undo2 } from "lucide-react";
import { useState } from "react";

import { api, expect, type Tenant } from "@/api";
import { ifMatch } from "@/api/operations";
import { isProblem, trouble } from "@/api/problems";
import { useMay } from "@/api/queries/me";
import { useChange } from "@/pages/instances/useOperation";
import { Dialog } from "@/ui/Dialog";
import { Fact, Facts } from "@/ui/Facts";
import { LinkButton } from "@/ui/LinkButton";
import { Message } from "@/ui/Message";
import { notify } from "@/ui/notify";
import { RelativeTime } from "@/ui/RelativeTime";
import { Section } from "@/ui/Section";

/** Which version of the app it is, and the ways to another. */
export function Release({ tenant }: { tenant: Tenant }) {
  const mayConfigure = useMay("tenant.configure") && tenant.desired_state !== "destroyed";
  const [isAsking, setAsking] = useState(false);
  const { version, image, image_pinned, image_digest, last_deployed_at } = tenant;
  return (
    <Section title="Version">
      <Facts>
        <Fact name="Version">{version ?? "Not known yet"}</Fact>
        <Fact name="Image">
          <code className="text-sm break-all">{image}</code>
          {image_pinned && (
            <span className="text-muted block text-sm">Held at this very image, whatever its name means by now.</span>
          )}
          {image_digest != null && <code className="text-muted block text-sm break-all">{image_digest}</code>}
        </Fact>
        {last_deployed_at != null && (
          <Fact name="Deployed">
            <RelativeTime at={last_deployed_at} />
          </Fact>
        )}
      </Facts>
      {mayConfigure && (
        <div className="flex flex-wrap gap-3">
          <LookForNewer tenant={tenant} />
          <LinkButton to="/instances/$id/settings" params={{ id: tenant.id }} size="sm" variant="outline">
            Another version…
          </LinkButton>
          <Button
            size="sm"
            variant="outline"
            color="primary"
            icon={<Undo2 aria-hidden />}
            onClick={() => setAsking(true)}
          >
            Roll back…
          </Button>
        </div>
      )}
      {isAsking && <RollBack tenant={tenant} onClose={() => setAsking(false)} />}
    </Section>
  );
}

function LookForNewer({ tenant }: { tenant: Tenant }) {
  const { mutate, isPending } = useChange(tenant, (_: undefined, { id }) =>
    expect(
      api.PATCH("/api/v1/tenants/{id}", {
        params: { path: { id }, header: ifMatch(tenant) },
        body: { refresh_image: true },
      }),
    ),
  );
  const look = () =>
    mutate(undefined, {
      onSuccess: () => notify({ title: "Looking for newer content of the same version", variant: "info" }),
    });
  return (
    <Button
      size="sm"
      variant="outline"
      color="primary"
      icon={<RefreshCw aria-hidden />}
      aria-disabled={isPending}
      onClick={() => isPending || look()}
    >
      Look for an update
    </Button>
  );
}

function RollBack({ tenant, onClose }: { tenant: Tenant; onClose: () => void }) {
  const [restore, setRestore] = useState(false);
  const rollBack = useChange(tenant, (wish: boolean, { id }) =>
    expect(
      api.POST("/api/v1/tenants/{id}/rollback", {
        params: { path: { id }, header: ifMatch(tenant) },
        body: { restore: wish },
      }),
    ),
  );
  const { error, isPending } = rollBack;
  return (
    <Dialog open closeDialog={onClose} title={`Roll ${tenant.subdomain} back?`} accent="warning">
      <p className="mb-4">
        It goes back to the newest release that has served with another image or other settings: the very image that it
        had then, and all its settings.
      </p>
      <fieldset className="flex flex-col gap-2">
        <legend className="mb-2 font-bold">What people have entered</legend>
        <Choice checked={!restore} onChoose={() => setRestore(false)} title="Stays as it is">
          Right if the older version can read it.
        </Choice>
        <Choice checked={restore} onChoose={() => setRestore(true)} title="Goes back too">
          As it was before that release was replaced. What was entered since is saved on the host, and not there any
          more.
        </Choice>
      </fieldset>
      {error !== null && (
        <div className="mt-5">
          <Message
            kind={isProblem(error, "nothing_to_roll_back_to", "nothing_to_restore") ? "info" : "danger"}
            title={trouble(error).title}
          >
            {trouble(error).detail}
          </Message>
        </div>
      )}
      <div className="mt-6 flex flex-wrap justify-end gap-3">
        <Button variant="outline" onClick={onClose}>
          Cancel
        </Button>
        <Button
          color={restore ? "destructive" : "primary"}
          aria-disabled={isPending}
          onClick={() => isPending || rollBack.mutate(restore, { onSuccess: onClose })}
        >
          {isPending ? "One moment…" : "Roll back"}
        </Button>
      </div>
    </Dialog>
  );
}

interface ChoiceProps {
  checked: boolean;
  onChoose: () => void;
  title: string;
  children: string;
}

function Choice({ checked, onChoose, title, children }: ChoiceProps) {
  return (
    <label className="border-outline has-checked:border-primary flex cursor-pointer gap-3 rounded-sm border-2 px-4 py-3">
      <input
        type="radio"
        name="data"
        className="accent-primary mt-1 size-5 shrink-0"
        checked={checked}
        onChange={onChoose}
      />
      <span>
        <span className="block font-bold">{title}</span>
        <span className="text-muted block text-sm">{children}</span>
      </span>
    </label>
  );
}
