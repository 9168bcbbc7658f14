import { Button } from "@codaco/fresco-ui/Button";
import { useMutation } from "@tanstack/react-query";
import { KeyRound, RotateCw } from "lucide-react";

import { api, type ClaimLink, expect, type Tenant } from "@/api";
import { ifMatch } from "@/api/operations";
import { trouble } from "@/api/problems";
import { useMay } from "@/api/queries/me";
import { useChange } from "@/pages/instances/useOperation";
import { CopyButton } from "@/ui/CopyButton";
import { Countdown } from "@/ui/Countdown";
import { takeFocus } from "@/ui/focus";
import { AnchorButton } from "@/ui/LinkButton";
import { Message } from "@/ui/Message";
import { RelativeTime } from "@/ui/RelativeTime";
import { Section } from "@/ui/Section";

/** While nobody has set an instance up: how long that is possible, and the way in. */
export function ClaimWindow({ tenant }: { tenant: Tenant }) {
  const { first_run, status } = tenant;
  if (first_run == null || first_run.state === "set_up" || tenant.desired_state === "destroyed") return null;
  if (first_run.state === "expired") return <Expired tenant={tenant} />;
  const isClaiming = first_run.state === "claiming";
  return (
    <Section title={isClaiming ? "It is being set up" : "Nobody has set it up yet"}>
      <p>
        {isClaiming
          ? "Its owner has come, and has not finished. A new link lets them in again."
          : "Who comes first by a claim link becomes its administrator. Keep the link to yourself, or give it to the study's lead."}
      </p>
      {first_run.until != null && <Countdown until={first_run.until} label="Set-up window" />}
      <Claim id={tenant.id} isReady={status === "active"} />
    </Section>
  );
}

function Claim({ id, isReady }: { id: string; isReady: boolean }) {
  const mayClaim = useMay("tenant.claim");
  const { mutate, data, error, isPending } = useMutation({
    mutationFn: () => expect(api.POST("/api/v1/tenants/{id}/claim-link", { params: { path: { id } } })),
  });
  if (!mayClaim) return null;
  return (
    <>
      {error !== null && (
        <Message kind="danger" title={trouble(error).title}>
          {trouble(error).detail}
        </Message>
      )}
      {data === undefined ? (
        <div>
          <Button
            color="primary"
            icon={<KeyRound aria-hidden />}
            disabled={!isReady}
            aria-disabled={isPending}
            onClick={() => isPending || mutate()}
          >
            {isPending ? "One moment…" : "Make a claim link"}
          </Button>
        </div>
      ) : (
        <Link link={data} />
      )}
    </>
  );
}

function Link({ link: { url, expires_at } }: { link: ClaimLink }) {
  return (
    <section
      // It comes in the place of the button that has made it.
      ref={takeFocus}
      aria-label="Claim link"
      tabIndex={-1}
      className="bg-tint flex flex-col gap-3 rounded-sm px-5 py-4"
    >
      <p className="text-sm">
        Good for one visit, and until <RelativeTime at={expires_at} />. It is not shown a second time.
      </p>
      <p>
        <code className="text-sm break-all">{url}</code>
      </p>
      <div className="flex flex-wrap gap-3">
        <AnchorButton href={url} target="_blank" rel="noreferrer" size="sm">
          Open and set up
        </AnchorButton>
        <CopyButton text={url} label="Copy the link" />
      </div>
    </section>
  );
}

function Expired({ tenant }: { tenant: Tenant }) {
  const mayClaim = useMay("tenant.claim");
  const reopen = useChange(tenant, (_: undefined, { id }) =>
    expect(api.POST("/api/v1/tenants/{id}/reopen-setup", { params: { path: { id }, header: ifMatch(tenant) } })),
  );
  return (
    <Section title="Nobody has set it up in time">
      <p>
        To be safe, it lets nobody become its administrator any more. The window can begin anew; the instance restarts
        for that.
      </p>
      {mayClaim && (
        <div>
          <Button
            color="primary"
            icon={<RotateCw aria-hidden />}
            aria-disabled={reopen.isPending}
            onClick={() => reopen.isPending || reopen.mutate(undefined)}
          >
            Let it begin anew
          </Button>
        </div>
      )}
    </Section>
  );
}
