import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useParams } from "@tanstack/react-router";
import { ExternalLink } from "lucide-react";

import { tenant } from "@/api/queries/tenants";
import { QuickActions } from "@/pages/instances/QuickActions";
import { StandingLine } from "@/pages/instances/StandingLine";
import { ErrorState } from "@/ui/ErrorState";
import { LinkButton } from "@/ui/LinkButton";
import { LoadingRows } from "@/ui/Loading";
import { Page } from "@/ui/Page";
import { StatusBadge } from "@/ui/StatusBadge";

import { TABS } from "./tabs";

/** One instance: its name, how it is, what can be done with it, and the tab that is open. */
export function InstanceLayout() {
  const { id } = useParams({ from: "/signed-in/instances/$id" });
  const { data, error, refetch } = useQuery(tenant(id));
  if (data === undefined) {
    return (
      <Page title="Instance" hidesTitle>
        {error === null ? (
          <LoadingRows />
        ) : (
          <>
            <ErrorState error={error} level="h1" onRetry={() => void refetch()} />
            <div className="flex justify-center">
              <LinkButton to="/instances" variant="outline">
                To all instances
              </LinkButton>
            </div>
          </>
        )}
      </Page>
    );
  }
  const { subdomain, url, status, observed_at } = data;
  return (
    <Page
      title={subdomain}
      lead={
        <span className="flex flex-col items-start gap-2">
          <a
            href={url}
            target="_blank"
            rel="noreferrer"
            className="inline-link inline-flex max-w-full items-center gap-1.5"
          >
            <span className="min-w-0 break-all">{url.replace(/^https?:\/\//, "")}</span>
            <ExternalLink aria-hidden className="size-4 shrink-0" />
          </a>
          <span className="text-text flex flex-wrap items-center gap-x-4 gap-y-2">
            <StatusBadge status={status} observedAt={observed_at} />
            <StandingLine tenant={data} />
          </span>
        </span>
      }
      actions={<QuickActions tenant={data} size="md" />}
    >
      <Tabs id={id} />
      {/* Nothing that was typed, ticked or made for one instance stays for another. */}
      <Outlet key={id} />
    </Page>
  );
}

function Tabs({ id }: { id: string }) {
  return (
    <nav
      aria-label="Of this instance"
      className="border-outline tablet-landscape:flex-nowrap mb-8 flex flex-wrap gap-x-1 border-b-2"
    >
      {TABS.map(({ to, words, Icon }) => (
        <Link
          key={to}
          to={to}
          params={{ id }}
          activeOptions={{ exact: true, includeSearch: false }}
          className="hover:text-link -mb-0.5 flex min-h-11 items-center gap-2 border-b-4 px-3 py-2 text-sm font-bold whitespace-nowrap"
          activeProps={{ className: "text-link border-current", "aria-current": "page" }}
          inactiveProps={{ className: "border-transparent" }}
        >
          <Icon aria-hidden className="size-4.5 shrink-0" />
          {words}
        </Link>
      ))}
    </nav>
  );
}
