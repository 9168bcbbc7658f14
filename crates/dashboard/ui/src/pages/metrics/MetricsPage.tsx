import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";

import { tenant } from "@/api/queries/tenants";
import { AllInstances } from "@/pages/instances/AllInstances";
import { Page } from "@/ui/Page";

import { Metrics } from "./Metrics";

/** What an instance uses, with a heading of its own. */
export function MetricsPage() {
  const { id } = useParams({ from: "/signed-in/instances/$id/metrics" });
  const { data } = useQuery(tenant(id));
  return (
    <Page title={data === undefined ? "Use" : `What ${data.subdomain} uses`} width="full" actions={<AllInstances />}>
      <Metrics />
    </Page>
  );
}
