import { Button } from "@codaco/fresco-ui/Button";
import { CircleCheck, CircleStop, CircleX, LoaderCircle, type LucideIcon, Pause, Play, Unplug } from "lucide-react";

import type { LogFeed } from "./feed";
import { fullTime, lines } from "./words";

interface LogStatusProps {
  feed: LogFeed;
  isFollowing: boolean;
  onFollow: () => void;
}

/** How the log goes on, and the way to stop it from running away. */
export function LogStatus({ feed, isFollowing, onFollow }: LogStatusProps) {
  const { words, Icon, ink, moves } = stateOf(feed);
  const { entries } = feed.buffer;
  const first = entries[0];
  const follows = isFollowing && !feed.isPast;
  return (
    <div className="border-outline flex min-h-14 shrink-0 items-center gap-x-4 border-b-2 px-4 py-2 text-sm">
      <span className={`flex min-w-0 items-center gap-2 font-bold ${ink}`} data-connection={feed.connection}>
        <Icon aria-hidden className={`size-4.5 shrink-0 ${moves ? "animate-spin" : ""}`} />
        {words}
      </span>
      {feed.connection === "waiting" && !feed.isOver && (
        <button type="button" className="inline-link min-h-6 shrink-0 cursor-pointer" onClick={() => feed.reconnect()}>
          Try now
        </button>
      )}
      <span className="text-muted tablet-landscape:inline hidden min-w-0 flex-1 truncate tabular-nums">
        {first !== undefined && `${lines(entries.length)} here, from ${fullTime(first)}`}
      </span>
      <Button
        size="sm"
        variant="outline"
        color="primary"
        className="ml-auto"
        aria-pressed={follows}
        aria-keyshortcuts="f"
        disabled={feed.phase !== "ready" || feed.isOver || feed.isPast}
        icon={follows ? <Pause aria-hidden /> : <Play aria-hidden />}
        onClick={onFollow}
      >
        {follows ? "Pause" : "Follow"}
      </Button>
    </div>
  );
}

interface Look {
  words: string;
  Icon: LucideIcon;
  ink: string;
  moves?: boolean;
}

function stateOf({ isOver, isPast, phase, connection, isAttached, following }: LogFeed): Look {
  if (isOver) return { words: "The instance is gone, and its log ends here", Icon: CircleX, ink: "text-muted" };
  if (isPast) return { words: "Not followed: this span is over", Icon: CircleStop, ink: "text-muted" };
  if (phase === "loading" || connection === "connecting")
    return { words: "Connecting…", Icon: LoaderCircle, ink: "text-info", moves: true };
  if (connection === "waiting") {
    return { words: "Disconnected. What comes meanwhile is caught up", Icon: Unplug, ink: "text-warning" };
  }
  if (following && isAttached) return { words: "Live", Icon: CircleCheck, ink: "text-success" };
  return { words: "Paused", Icon: Pause, ink: "text-muted" };
}
