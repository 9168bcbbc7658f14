import Heading from "@codaco/fresco-ui/typography/Heading";
import { ExternalLink } from "lucide-react";

import type { Tenant } from "@/api";
import { Panel } from "@/ui/Panel";
import { RelativeTime } from "@/ui/RelativeTime";
import { StatusBadge } from "@/ui/StatusBadge";
import { duration } from "@/ui/time";

/** One instance: what it should be, and what it is. */
export function InstanceRow({ tenant }: { tenant: Tenant }) {
  return (
    <li>
      <Panel spacing="none" className="tablet-portrait:px-8 flex flex-wrap items-center gap-x-8 gap-y-3 px-6 py-5">
        <div className="min-w-0 flex-1 basis-64">
          <Heading level="h2" margin="none" className="text-lg break-words">
            {tenant.subdomain}
          </Heading>
          <a href={tenant.url} className="inline-link inline-flex max-w-full items-center gap-1.5 text-sm">
            <span className="truncate">{tenant.url.replace(/^https?:\/\//, "")}</span>
            <ExternalLink aria-hidden className="size-4 shrink-0" />
          </a>
        </div>
        <p className="text-muted min-w-0 flex-1 basis-48 text-sm">
          {intent(tenant)}
          <br />
          Made <RelativeTime at={tenant.created_at} />
        </p>
        <StatusBadge status={tenant.status} observedAt={tenant.observed_at} />
      </Panel>
    </li>
  );
}

/** What is wished for, and what is done towards it. */
function intent({ desired_state, step, last_error }: Tenant): string {
  const should = { running: "Should run", stopped: "Should be stopped", destroyed: "Should go" }[desired_state];
  if (step) return `${should} · ${step.description}, ${duration(step.age * 1000)}`;
  return last_error ? `${should} · ${last_error.cause}` : should;
}
