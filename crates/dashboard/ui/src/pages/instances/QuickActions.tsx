import { Button, IconButton } from "@codaco/fresco-ui/Button";
import { CirclePlay, CircleStop, ExternalLink, type LucideIcon, RotateCw } from "lucide-react";

import type { Tenant } from "@/api";
import { OPERATIONS, type Operation, offered } from "@/api/operations";
import { useMay } from "@/api/queries/me";

import { useOperation } from "./useOperation";

export const OPERATION_ICONS: Record<Operation, LucideIcon> = {
  start: CirclePlay,
  stop: CircleStop,
  restart: RotateCw,
};

/** What is done to an instance at a click. The first button stays where it is when it turns from stop to start, and so does the focus. */
export function QuickActions({ tenant, size = "sm" }: { tenant: Tenant; size?: "sm" | "md" }) {
  const mayOperate = useMay("tenant.operate");
  const { mutate, isPending } = useOperation(tenant);
  const [main, ...more] = mayOperate ? offered(tenant) : [];
  const { subdomain, url, status } = tenant;
  return (
    <div className="flex items-center gap-2">
      {main !== undefined && (
        <Button
          size={size}
          variant="outline"
          color="primary"
          className="min-w-24"
          aria-disabled={isPending}
          aria-label={`${OPERATIONS[main].verb} ${subdomain}`}
          icon={<OperationIcon operation={main} />}
          onClick={() => isPending || mutate(main)}
        >
          {OPERATIONS[main].verb}
        </Button>
      )}
      {more.map((operation) => (
        <IconButton
          key={operation}
          size={size}
          variant="text"
          color="primary"
          aria-disabled={isPending}
          aria-label={`${OPERATIONS[operation].verb} ${subdomain}`}
          title={OPERATIONS[operation].verb}
          icon={<OperationIcon operation={operation} />}
          onClick={() => isPending || mutate(operation)}
        />
      ))}
      {status === "active" && (
        <a
          href={url}
          target="_blank"
          rel="noreferrer"
          aria-label={`Open ${subdomain} in a new tab`}
          title="Open"
          className={`text-link hover:bg-tint inline-flex items-center justify-center rounded-full ${size === "sm" ? "size-10" : "size-12"}`}
        >
          <ExternalLink aria-hidden className="size-5" />
        </a>
      )}
    </div>
  );
}

export function OperationIcon({ operation }: { operation: Operation }) {
  const Icon = OPERATION_ICONS[operation];
  return <Icon aria-hidden />;
}
