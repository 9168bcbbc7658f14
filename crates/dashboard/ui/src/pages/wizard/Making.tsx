import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";

import { useLiveInstances } from "@/api/queries/live";
import { tenant } from "@/api/queries/tenants";
import { useWayOut } from "@/app/useWayOut";
import { ErrorState } from "@/ui/ErrorState";
import { LinkButton } from "@/ui/LinkButton";
import { Loading } from "@/ui/Loading";
import { Page } from "@/ui/Page";

import { Failed } from "./Failed";
import { Frame } from "./Frame";
import { Progress } from "./Progress";
import { Ready } from "./Ready";
import { STEPS } from "./steps";

/** The instance that was asked for: while it is made, when that failed, and once it runs. */
export function Making() {
  useWayOut();
  useLiveInstances();
  const { instance } = useParams({ from: "/open/sign-up/$instance" });
  const { data, error, refetch } = useQuery(tenant(instance));
  if (data === undefined) {
    if (error === null) return <Loading />;
    return (
      <Page title="Your instance" hidesTitle>
        <ErrorState error={error} level="h1" onRetry={() => void refetch()} />
      </Page>
    );
  }
  if (data.desired_state !== "running") return <Undone />;
  if (data.status === "active") return <Ready tenant={data} />;
  return data.last_error ? <Failed tenant={data} error={data.last_error} /> : <Progress tenant={data} />;
}

function Undone() {
  return (
    <Frame
      title="It was undone"
      lead="This instance is stopped, or is being removed, because somebody has asked for that. Nothing else was touched."
      steps={STEPS}
      at="deploy"
    >
      <div className="flex flex-wrap gap-3">
        <LinkButton to="/sign-up" search={{}}>
          Make another
        </LinkButton>
        <LinkButton to="/instances" variant="outline">
          My instances
        </LinkButton>
      </div>
    </Frame>
  );
}
