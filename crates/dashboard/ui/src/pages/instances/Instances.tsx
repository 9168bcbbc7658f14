import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";

import type { Tenant, TenantPage } from "@/api";
import type { Operation } from "@/api/operations";
import { trouble } from "@/api/problems";
import { me, useMay } from "@/api/queries/me";
import { listPeriod, tenants } from "@/api/queries/tenants";
import { count } from "@/ui/amounts";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorState } from "@/ui/ErrorState";
import { focusWhenLost } from "@/ui/focus";
import { EmptyIllustration } from "@/ui/illustrations";
import { LinkButton } from "@/ui/LinkButton";
import { LoadingRows } from "@/ui/Loading";
import { Message } from "@/ui/Message";
import { Page } from "@/ui/Page";
import { VirtualList } from "@/ui/VirtualList";

import { BulkBar } from "./BulkBar";
import { BulkDialog } from "./BulkDialog";
import { Filters } from "./Filters";
import { filterOf, type ListWish } from "./filter";
import { InstanceCard, InstanceRow } from "./InstanceItem";
import { remember } from "./samples";
import { sorted } from "./sort";

/** The instances of the organisation that one acts in. */
export function Instances() {
  const wish = useSearch({ from: "/signed-in/instances" });
  // Above the list: what is chosen may leave it while it is being changed.
  const [bulk, setBulk] = useState<Bulk>();
  return (
    <Page title="Instances" lead="Each study has its own, apart from all others." actions={<NewInstance />}>
      <Filters wish={wish} />
      <List wish={wish} onBulk={setBulk} />
      {bulk !== undefined && <BulkDialog {...bulk} onClose={() => setBulk(undefined)} />}
    </Page>
  );
}

/** What is to be done with several. */
interface Bulk {
  operation: Operation;
  chosen: readonly Tenant[];
}

function NewInstance() {
  const mayCreate = useMay("tenant.create");
  // Nothing below it moves when it is known who may.
  if (useQuery(me()).isPending) return <div className="h-12" />;
  return mayCreate ? (
    <LinkButton to="/instances/new" icon={<Plus aria-hidden />}>
      New instance
    </LinkButton>
  ) : null;
}

interface ListProps {
  wish: ListWish;
  onBulk: (bulk: Bulk) => void;
}

function List({ wish, onBulk }: ListProps) {
  const { all, isWhole, more, error, isPending, isPaused, refetch } = useAll(wish);
  const isNobody = useQuery(me()).isPending;
  if (isPending && isPaused) return <Offline />;
  if (isPending || isNobody) return <LoadingRows rows={6} />;
  if (all === undefined) return <ErrorState error={error} onRetry={refetch} />;
  return (
    <>
      {error !== null && (
        <div className="mb-5">
          <Message kind="warning" title="This may be old">
            {trouble(error).title}. It is tried again every few seconds.
          </Message>
        </div>
      )}
      {all.length === 0 ? (
        <Nothing isFiltered={Object.keys(filterOf(wish)).length > 0} />
      ) : (
        <Items all={all} isWhole={isWhole} wish={wish} onBulk={onBulk} onNearEnd={more} />
      )}
    </>
  );
}

const NO_PAGES: readonly TenantPage[] = [];

/** All that are loaded, in the order that is wished for. Another order than the server's needs all of them. */
function useAll(wish: ListWish) {
  const query = useInfiniteQuery(tenants(filterOf(wish)));
  const { data, hasNextPage, isFetching, fetchNextPage } = query;
  const more = useCallback(() => {
    if (hasNextPage && !isFetching) void fetchNextPage();
  }, [hasNextPage, isFetching, fetchNextPage]);
  useEffect(() => {
    if (wish.sort !== undefined) more();
  }, [wish.sort, more]);
  useReading(data?.pages ?? NO_PAGES, isFetching, () => void query.refetch({ cancelRefetch: false }));
  const loaded = useMemo(() => data?.pages.flatMap((page) => page.items), [data]);
  useEffect(() => loaded?.forEach(remember), [loaded]);
  return {
    all: useMemo(() => (loaded === undefined ? undefined : sorted(loaded, wish.sort)), [loaded, wish.sort]),
    isWhole: !hasNextPage,
    more,
    error: query.error,
    isPending: query.isPending,
    isPaused: query.fetchStatus === "paused",
    refetch: () => void query.refetch(),
  };
}

/** How often it is seen whether the list is to be read again, in milliseconds. */
const TICK = 1_000;

/**
 * Reads a list again some time after it was read. By a timer of its own: the query's would begin anew with each row that is told
 * of, and what nobody tells, such as what the others use, would not be read where much happens.
 */
function useReading(pages: readonly TenantPage[], isFetching: boolean, read: () => void) {
  const latest = useRef({ pages, read });
  latest.current = { pages, read };
  useEffect(() => {
    if (isFetching) return;
    const since = Date.now();
    const timer = setInterval(() => {
      const { pages, read } = latest.current;
      if (!document.hidden && Date.now() - since >= listPeriod(pages)) read();
    }, TICK);
    return () => clearInterval(timer);
  }, [isFetching]);
}

interface ItemsProps extends ListProps {
  all: readonly Tenant[];
  isWhole: boolean;
  onNearEnd: () => void;
}

function Items({ all, isWhole, wish, onBulk, onNearEnd }: ItemsProps) {
  const mayOperate = useMay("tenant.operate");
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  const choose = useCallback((id: string, isChosen: boolean) => {
    setIds((before) => {
      const next = new Set(before);
      if (isChosen) next.add(id);
      else next.delete(id);
      return next;
    });
  }, []);
  const chosen = all.filter(({ id }) => ids.has(id));
  const head = useRef<HTMLDivElement>(null);
  const isNone = chosen.length === 0;
  const wasNone = useRef(isNone);
  useEffect(() => {
    // What could be done with them is gone with the last of them.
    if (isNone && !wasNone.current) focusWhenLost(() => head.current?.querySelector("input"));
    wasNone.current = isNone;
  }, [isNone]);
  const isGrid = wish.view === "grid";
  const Item = isGrid ? InstanceCard : InstanceRow;
  return (
    <>
      <div ref={head} className="mb-3 flex min-h-11 items-center gap-2 px-3">
        {mayOperate && (
          <ChooseAll
            chosen={chosen.length}
            of={all.length}
            onChange={(isChosen) => setIds(new Set(isChosen ? all.map(({ id }) => id) : []))}
          />
        )}
        <p role="status" className="text-muted text-sm">
          {isWhole ? count(all.length, "instance") : `${count(all.length, "instance")} so far; more as you scroll`}
        </p>
      </div>
      <VirtualList
        label="Instances"
        items={all}
        keyOf={({ id }) => id}
        estimate={isGrid ? 290 : 104}
        gap={isGrid ? 16 : 10}
        {...(isGrid ? { narrowest: 300 } : {})}
        total={isWhole ? all.length : undefined}
        onNearEnd={onNearEnd}
      >
        {(tenant) => <Item tenant={tenant} isChosen={ids.has(tenant.id)} onChoose={mayOperate ? choose : undefined} />}
      </VirtualList>
      {chosen.length > 0 && (
        <BulkBar
          count={chosen.length}
          onAsk={(operation) => onBulk({ operation, chosen })}
          onClear={() => setIds(new Set())}
        />
      )}
    </>
  );
}

function ChooseAll({ chosen, of, onChange }: { chosen: number; of: number; onChange: (isChosen: boolean) => void }) {
  return (
    <label className="flex size-11 cursor-pointer items-center justify-center">
      <input
        type="checkbox"
        aria-label="Choose all"
        className="accent-primary size-5"
        checked={chosen === of}
        ref={(box) => {
          if (box !== null) box.indeterminate = chosen > 0 && chosen < of;
        }}
        onChange={(event) => onChange(event.target.checked)}
      />
    </label>
  );
}

function Offline() {
  return <EmptyState heading="You are offline">The list comes as soon as you are back.</EmptyState>;
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
