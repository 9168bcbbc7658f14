import Heading from "@codaco/fresco-ui/typography/Heading";
import { Link } from "@tanstack/react-router";
import { memo } from "react";

import type { Tenant } from "@/api";
import { Panel } from "@/ui/Panel";
import { StatusBadge } from "@/ui/StatusBadge";

import { QuickActions } from "./QuickActions";
import { StandingLine } from "./StandingLine";
import { UsageCells } from "./UsageCells";

interface InstanceItemProps {
  tenant: Tenant;
  isChosen: boolean;
  /** Left out: none can be chosen here. */
  onChoose?: ((id: string, chosen: boolean) => void) | undefined;
}

/** One instance as a row: what it is called, how it stands, what it uses, what can be done. */
export const InstanceRow = memo(function InstanceRow(props: InstanceItemProps) {
  return (
    <Panel
      spacing="none"
      className="laptop:grid-cols-[minmax(0,1fr)_minmax(0,1.1fr)_14rem_12.5rem] tablet-portrait:grid-cols-2 grid grid-cols-1 items-center gap-x-6 gap-y-3 px-5 py-4"
    >
      <Parts {...props} />
    </Panel>
  );
});

/** The same as a card. */
export const InstanceCard = memo(function InstanceCard(props: InstanceItemProps) {
  return (
    <Panel spacing="none" className="flex h-full flex-col gap-4 p-5">
      <Parts {...props} />
    </Panel>
  );
});

/** What the layout around them puts beside or below one another. */
function Parts(props: InstanceItemProps) {
  const { tenant } = props;
  return (
    <>
      <Name {...props} />
      <div className="flex min-w-0 grow flex-col items-start gap-1.5">
        <StatusBadge status={tenant.status} observedAt={tenant.observed_at} />
        <StandingLine tenant={tenant} />
      </div>
      <UsageCells tenant={tenant} />
      <QuickActions tenant={tenant} />
    </>
  );
}

function Name({ tenant, isChosen, onChoose }: InstanceItemProps) {
  const { id, subdomain, url } = tenant;
  return (
    <div className="flex min-w-0 items-center gap-3">
      {onChoose !== undefined && (
        <label className="-my-2 -ml-2 flex size-11 shrink-0 cursor-pointer items-center justify-center">
          <input
            type="checkbox"
            aria-label={`Choose ${subdomain}`}
            className="accent-primary size-5"
            checked={isChosen}
            onChange={(event) => onChoose(id, event.target.checked)}
          />
        </label>
      )}
      <div className="min-w-0">
        <Heading level="h2" margin="none" className="text-base">
          <Link to="/instances/$id" params={{ id }} className="hover:text-link rounded-xs break-words hover:underline">
            {subdomain}
          </Link>
        </Heading>
        <p className="text-muted truncate text-sm">{url.replace(/^https?:\/\//, "")}</p>
      </div>
    </div>
  );
}
