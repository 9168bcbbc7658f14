import { Button } from "@codaco/fresco-ui/Button";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { CircleCheck, CircleSlash, CircleX, Clock3, LoaderCircle, type LucideIcon } from "lucide-react";
import { useRef, useState } from "react";

import type { Action, Deployment, DeploymentStatus, Event } from "@/api";
import { sentence, trouble } from "@/api/problems";
import { events, KEPT, readOlder, useFollow } from "@/api/queries/events";
import { deployments } from "@/api/queries/tenants";
import { ErrorState } from "@/ui/ErrorState";
import { focusWhenThere } from "@/ui/focus";
import { LoadingText } from "@/ui/Loading";
import { RelativeTime } from "@/ui/RelativeTime";
import { Section } from "@/ui/Section";
import { duration, moment } from "@/ui/time";

import { useInstance } from "./useInstance";

/** What was asked for, and what happened. */
export function Events() {
  const { id } = useInstance();
  return (
    <div className="laptop:grid-cols-2 grid items-start gap-6">
      <Deployments id={id} />
      <Timeline id={id} />
    </div>
  );
}

const ACTIONS: Record<Action, string> = {
  deploy: "Made",
  start: "Start",
  stop: "Stop",
  restart: "Restart",
  update: "Change",
  rollback: "Roll back",
  cancel: "Cancel",
  destroy: "Destroy",
  undo: "Undo of the destroy",
};

const STATUSES: Record<DeploymentStatus, { words: string; Icon: LucideIcon; ink: string }> = {
  pending: { words: "waits", Icon: Clock3, ink: "text-info" },
  running: { words: "under way", Icon: LoaderCircle, ink: "text-info animate-spin" },
  succeeded: { words: "done", Icon: CircleCheck, ink: "text-success" },
  failed: { words: "failed", Icon: CircleX, ink: "text-destructive" },
  superseded: { words: "overtaken by what was asked for next", Icon: CircleSlash, ink: "text-muted" },
  cancelled: { words: "cancelled", Icon: CircleSlash, ink: "text-muted" },
};

function Deployments({ id }: { id: string }) {
  const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage, refetch } = useInfiniteQuery(deployments(id));
  const all = data?.pages.flatMap(({ items }) => items);
  const list = useRef<HTMLUListElement>(null);
  const showOlder = async () => {
    if (isFetchingNextPage) return;
    const { isError } = await fetchNextPage();
    if (!isError) focusWhenThere(() => list.current?.querySelectorAll("li")[all?.length ?? 0]);
  };
  return (
    <Section title="Asked for">
      {all === undefined && error === null && <LoadingText lines={4} />}
      {all === undefined && error !== null && <ErrorState error={error} level="h3" onRetry={() => void refetch()} />}
      <ul ref={list} className="flex flex-col">
        {all?.map((deployment) => (
          <Row key={deployment.id} deployment={deployment} />
        ))}
      </ul>
      {hasNextPage && (
        <Button size="sm" variant="outline" aria-disabled={isFetchingNextPage} onClick={() => void showOlder()}>
          Show older
        </Button>
      )}
    </Section>
  );
}

function Row({ deployment }: { deployment: Deployment }) {
  const { action, status, generation, created_at, finished_at, image, version, error } = deployment;
  const { words, Icon, ink } = STATUSES[status] ?? STATUSES.pending;
  return (
    <li tabIndex={-1} className="border-outline flex gap-4 border-b py-3 first:pt-0 last:border-b-0 last:pb-0">
      <Icon aria-hidden className={`mt-0.5 size-5 shrink-0 ${ink}`} />
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap justify-between gap-x-4">
          <span>
            <span className="font-bold">{ACTIONS[action] ?? action}</span>
            <span className="text-muted">, {words}</span>
          </span>
          <span className="text-muted text-sm">
            <RelativeTime at={created_at} />
          </span>
        </p>
        <p className="text-muted text-sm break-words">
          No. {generation}
          {finished_at != null && `, took ${duration(Date.parse(finished_at) - Date.parse(created_at))}`}
          {image != null && `, ${version == null ? image : `version ${version}`}`}
        </p>
        {error != null && <p className="text-destructive text-sm break-words">{sentence(error.cause)}</p>}
      </div>
    </li>
  );
}

/** So many more are shown at a time. */
const SHOWN = 50;

function Timeline({ id }: { id: string }) {
  useFollow(id);
  const { data } = useQuery(events(id));
  const known = useQueryClient();
  const [shown, setShown] = useState(SHOWN);
  const older = useMutation({ mutationFn: () => readOlder(known, id) });
  const list = useRef<HTMLOListElement>(null);
  const newest = data?.items.toReversed();
  const isMore = newest !== undefined && (newest.length > shown || data?.before != null);
  const isFull = newest !== undefined && newest.length >= KEPT && shown >= KEPT;
  const showOlder = async () => {
    if (older.isPending) return;
    if (newest !== undefined && newest.length < shown + SHOWN && newest.length < KEPT) {
      const isRead = await older.mutateAsync().then(
        () => true,
        () => false,
      );
      if (!isRead) return;
    }
    // Its button may be gone then, so what has come has the focus.
    setShown(shown + SHOWN);
    focusWhenThere(() => list.current?.querySelectorAll("li")[shown]);
  };
  return (
    <Section title="What happened">
      {newest === undefined && <LoadingText lines={6} />}
      {data?.error !== undefined && <p className="text-muted">{trouble(data.error).title}. It is tried again.</p>}
      {newest?.length === 0 && data?.error === undefined && <p className="text-muted">Nothing yet.</p>}
      <ol ref={list} aria-label="The newest first" className="border-outline ml-1.5 flex flex-col gap-3 border-l-2">
        {newest?.slice(0, shown).map((event) => (
          <Happened key={event.id} event={event} />
        ))}
      </ol>
      {older.error !== null && <ErrorState error={older.error} level="h3" onRetry={() => void showOlder()} />}
      {isFull && <p className="text-muted">So many are shown at most. The API has the older ones too.</p>}
      {isMore && !isFull && older.error === null && (
        <Button size="sm" variant="outline" aria-disabled={older.isPending} onClick={() => void showOlder()}>
          Show older
        </Button>
      )}
    </Section>
  );
}

const time = new Intl.DateTimeFormat("en-GB", { dateStyle: "short", timeStyle: "medium" });

function Happened({ event: { message, at, generation } }: { event: Event }) {
  const then = Date.parse(at);
  return (
    <li tabIndex={-1} className="relative pl-6">
      <span aria-hidden className="bg-primary absolute top-2 -left-[0.4375rem] size-3 rounded-full" />
      <p className="break-words">{message}</p>
      <p className="text-muted text-sm tabular-nums">
        <time dateTime={at} title={moment(then)}>
          {time.format(then)}
        </time>
        , no. {generation}
      </p>
    </li>
  );
}
