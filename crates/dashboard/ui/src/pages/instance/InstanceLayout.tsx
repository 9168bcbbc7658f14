import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useParams } from "@tanstack/react-router";

import { tenant } from "@/api/queries/tenants";
import { ErrorState } from "@/ui/ErrorState";
import { LoadingRows } from "@/ui/Loading";
import { Page } from "@/ui/Page";
import { StatusBadge } from "@/ui/StatusBadge";

import { TABS } from "./tabs";

/** One instance: its name, how it is, and the tab that is open. */
export function InstanceLayout() {
  const { id } = useParams({ from: "/signed-in/instances/$id" });
  const { data, error, refetch } = useQuery(tenant(id));
  if (data === undefined) {
    return (
      <Page title="Instance" hidesTitle>
        {error === null ? <LoadingRows /> : <ErrorState error={error} level="h1" onRetry={() => void refetch()} />}
      </Page>
    );
  }
  return (
    <Page title={data.subdomain} actions={<StatusBadge status={data.status} observedAt={data.observed_at} />}>
      <Tabs id={id} />
      <Outlet />
    </Page>
  );
}

function Tabs({ id }: { id: string }) {
  return (
    <nav aria-label="Instance" className="border-outline mb-8 flex flex-wrap gap-x-1 border-b-2">
      {TABS.map(({ to, words, Icon }) => (
        <Link
          key={to}
          to={to}
          params={{ id }}
          activeOptions={{ exact: true }}
          className="hover:text-link -mb-0.5 flex min-h-11 items-center gap-2 border-b-4 border-transparent px-3 py-2 text-sm font-bold"
          activeProps={{ className: "text-link border-current", "aria-current": "page" }}
        >
          <Icon aria-hidden className="size-4.5 shrink-0" />
          {words}
        </Link>
      ))}
    </nav>
  );
}
