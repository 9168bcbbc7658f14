import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";

import { events, type History, readOlder, useFollow } from "@/api/queries/events";
import { changes } from "@/api/queries/metrics";

import { type Mark, marksOf } from "./marks";

/** So many lines of a history are read for its marks at most, the newest. */
const READ = 2_000;

interface Marks {
  marks: readonly Mark[];
  /** What was before that moment was not read, or could not be, though it is in sight; in seconds since 1970. */
  since: number | undefined;
}

/** What happened to an instance in the last so many seconds. */
export function useMarks(id: string, seconds: number): Marks {
  const known = useQueryClient();
  useFollow(id);
  const history = useQuery(events(id)).data;
  const deployments = useQuery(changes(id)).data?.items;
  const isReading = useRef(false);
  const [hasFailed, setFailed] = useState(false);
  const lacks = history !== undefined && isShort(history, seconds);
  const reads = lacks && !hasFailed && history.items.length < READ;
  const oldest = history?.items[0]?.id;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once more for each part that has come
  useEffect(() => {
    if (!reads || isReading.current) return;
    isReading.current = true;
    void readOlder(known, id)
      .catch(() => setFailed(true))
      .finally(() => {
        isReading.current = false;
      });
  }, [known, id, reads, oldest]);
  const marks = useMemo(() => marksOf(deployments ?? [], history?.items ?? []), [deployments, history?.items]);
  return { marks, since: lacks && !reads ? startOf(history) : undefined };
}

/** Whether older lines may lie in the time that is looked at. */
function isShort(history: History, seconds: number): boolean {
  return history.before !== null && startOf(history) > Date.now() / 1000 - seconds;
}

function startOf({ items: [first] }: History): number {
  return first === undefined ? 0 : Date.parse(first.at) / 1000;
}
