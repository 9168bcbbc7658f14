import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { ArrowLeft } from "lucide-react";

import { tenant } from "@/api/queries/tenants";
import { Page } from "@/ui/Page";

import { Logs } from "./Logs";

/** The log with a heading of its own. */
export function LogsPage() {
  const { id } = useParams({ from: "/signed-in/instances/$id/logs" });
  const { data } = useQuery(tenant(id));
  return (
    <Page title={data === undefined ? "Log" : `Log of ${data.subdomain}`} width="full" actions={<Back />}>
      <Logs />
    </Page>
  );
}

function Back() {
  return (
    <Link to="/instances" className="inline-link inline-flex min-h-11 items-center gap-2">
      <ArrowLeft aria-hidden className="size-5" />
      All instances
    </Link>
  );
}
