import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";

import { tenant } from "@/api/queries/tenants";
import { AllInstances } from "@/pages/instances/AllInstances";
import { Page } from "@/ui/Page";

import { Logs } from "./Logs";

/** The log with a heading of its own. */
export function LogsPage() {
  const { id } = useParams({ from: "/signed-in/instances/$id/logs" });
  const { data } = useQuery(tenant(id));
  return (
    <Page title={data === undefined ? "Log" : `Log of ${data.subdomain}`} width="full" actions={<AllInstances />}>
      <Logs />
    </Page>
  );
}
