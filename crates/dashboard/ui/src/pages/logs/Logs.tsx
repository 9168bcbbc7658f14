import { useQuery } from "@tanstack/react-query";
import { useParams, useSearch } from "@tanstack/react-router";
import { useMemo, useRef, useState } from "react";

import { tenant } from "@/api/queries/tenants";
import { Message } from "@/ui/Message";
import { Panel } from "@/ui/Panel";

import { ChosenBar } from "./ChosenBar";
import { HelpSheet } from "./HelpSheet";
import { LogRows } from "./LogRows";
import { FailedLog, NothingLogged } from "./LogStates";
import { LogStatus } from "./LogStatus";
import { LogToolbar, type ToolbarHandle } from "./LogToolbar";
import { finder } from "./marks";
import { NewestPill } from "./NewestPill";
import { PlainText } from "./PlainText";
import { SpanBar } from "./SpanBar";
import { isFiltered, readLogSearch } from "./search";
import { useAnnouncements } from "./useAnnouncements";
import { onKeyDown, useChoice, useDeeds, useGo } from "./useDeeds";
import { useLogView } from "./useLogView";
import { useWraps } from "./useWraps";

import "./logs.css";

/** An instance's log: live, to and fro, searched. */
export function Logs() {
  const { id } = useParams({ from: "/signed-in/instances/$id/logs" });
  const search = useSearch({ from: "/signed-in/instances/$id/logs" });
  const { at, ...filter } = search;
  const name = useQuery(tenant(id)).data?.subdomain ?? "this instance";
  const go = useGo();
  const [wraps, setWraps] = useWraps();
  const [isPlain, setPlain] = useState(false);
  const [hasHelp, setHelp] = useState(false);
  const toolbar = useRef<ToolbarHandle>(null);
  const view = useLogView(id, filter, at, wraps);
  const { feed, viewport } = view;
  const [said, say] = useAnnouncements(feed);
  const choice = useChoice(view, at, say);
  const deeds = useDeeds(
    {
      ...{ view, search, go, say },
      open: (part) => toolbar.current?.open(part),
      wrap: () => setWraps(!wraps),
      showPlain: () => setPlain(true),
      showHelp: () => setHelp(true),
    },
    choice,
  );
  const wish = JSON.stringify(filter);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `wish` is the filter, compared by what it says
  const find = useMemo(() => finder(filter), [wish]);
  const isSome = isFiltered(filter);
  const clearSpan = () => {
    // What said so is gone with it.
    toolbar.current?.focus("span");
    go(readLogSearch({ ...search, since: undefined, until: undefined }));
  };
  const isDrawn = feed.phase === "ready" && !isPlain;
  return (
    <div className="flex flex-col gap-4">
      <LogToolbar ref={toolbar} {...{ id, name, filter, wraps, isPlain, feed, go, deeds }} onPlain={setPlain} />
      <SpanBar filter={filter} isPast={feed.isPast} onClear={clearSpan} />
      {feed.hasLostTrack && (
        <Message kind="warning" title="You were away for long">
          More was logged meanwhile than is kept, so what you saw before is gone. This is how it goes on.
        </Message>
      )}
      {feed.phase === "failed" ? (
        <Panel>
          <FailedLog error={feed.error} onRetry={() => void feed.open(at)} onNewest={() => go(filter)} />
        </Panel>
      ) : (
        <Panel
          spacing="none"
          className="@container/log relative flex h-[max(26rem,calc(100dvh-20rem))] flex-col overflow-hidden"
        >
          <LogStatus feed={feed} isFollowing={viewport.following} onFollow={deeds.follow} />
          {isPlain ? (
            <PlainText feed={feed} onClose={() => setPlain(false)} />
          ) : (
            <LogRows
              {...{ view, name, wraps, find, choice }}
              empty={<NothingLogged filter={filter} isPast={feed.isPast} />}
              begins={filter.since === undefined ? "Here begins what is kept." : "Here begins the span."}
              onKeyDown={onKeyDown(view, deeds)}
            />
          )}
          {isDrawn && !viewport.following && feed.buffer.entries.length > 0 && (
            <NewestPill unseen={feed.unseen} onClick={deeds.last} />
          )}
          {!isPlain && <ChosenBar entries={choice.entries} hasContext={isSome} deeds={deeds} />}
        </Panel>
      )}
      <div role="status" className="sr-only">
        {said}
      </div>
      {hasHelp && <HelpSheet onClose={() => setHelp(false)} />}
    </div>
  );
}
