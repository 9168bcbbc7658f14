import { Button } from "@codaco/fresco-ui/Button";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { Plus } from "lucide-react";

import { type TenantFilter, tenants } from "@/api/queries/tenants";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorState } from "@/ui/ErrorState";
import { EmptyIllustration } from "@/ui/illustrations";
import { LinkButton } from "@/ui/LinkButton";
import { LoadingRows } from "@/ui/Loading";
import { Page } from "@/ui/Page";

import { Filters } from "./Filters";
import { InstanceRow } from "./InstanceRow";

/** The instances of the organisation that one acts in. */
export function Instances() {
  const filter = useSearch({ from: "/signed-in/instances" });
  return (
    <Page title="Instances" lead="Each study has its own, apart from all others." actions={<NewInstance />}>
      <Filters filter={filter} />
      <List filter={filter} />
    </Page>
  );
}

function NewInstance() {
  return (
    <LinkButton to="/sign-up" icon={<Plus aria-hidden />}>
      New instance
    </LinkButton>
  );
}

function List({ filter }: { filter: TenantFilter }) {
  const { data, error, isPending, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    tenants(filter),
  );
  if (isPending) return <LoadingRows />;
  if (data === undefined) return <ErrorState error={error} onRetry={() => void refetch()} />;
  const all = data.pages.flatMap((page) => page.items);
  if (all.length === 0) return <Nothing isFiltered={Object.keys(filter).length > 0} />;
  return (
    <>
      <ul className="flex flex-col gap-4">
        {all.map((tenant) => (
          <InstanceRow key={tenant.id} tenant={tenant} />
        ))}
      </ul>
      {hasNextPage && (
        <div className="mt-8 flex justify-center">
          <Button variant="outline" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {isFetchingNextPage ? "Loading…" : "Show more"}
          </Button>
        </div>
      )}
    </>
  );
}

function Nothing({ isFiltered }: { isFiltered: boolean }) {
  if (isFiltered) {
    return (
      <EmptyState heading="None is like that" action={<LinkButton to="/instances">Show all</LinkButton>}>
        No instance here has this in its name and is in this state.
      </EmptyState>
    );
  }
  return (
    <EmptyState heading="No instance yet" illustration={<EmptyIllustration />} action={<NewInstance />}>
      An instance is your study's own Fresco: its own address, its own database, on this server. It is there in a
      minute.
    </EmptyState>
  );
}
