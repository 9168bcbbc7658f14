import {
  CircleCheck,
  CircleHelp,
  CirclePause,
  CircleX,
  Clock3,
  LoaderCircle,
  type LucideIcon,
  PackageX,
  Trash2,
} from "lucide-react";

import type { Status } from "@/api";

import { duration } from "./time";
import { useNow } from "./useNow";

interface Look {
  words: string;
  Icon: LucideIcon;
  ink: string;
  moves?: boolean;
}

const LOOKS: Record<Status, Look> = {
  pending: { words: "Waiting", Icon: Clock3, ink: "text-info" },
  provisioning: { words: "Getting ready", Icon: LoaderCircle, ink: "text-info", moves: true },
  active: { words: "Running", Icon: CircleCheck, ink: "text-success" },
  stopped: { words: "Stopped", Icon: CirclePause, ink: "text-muted" },
  error: { words: "Failing", Icon: CircleX, ink: "text-destructive" },
  destroying: { words: "Being destroyed", Icon: Trash2, ink: "text-warning" },
  destroyed: { words: "Destroyed", Icon: PackageX, ink: "text-muted" },
  unknown: { words: "Not known", Icon: CircleHelp, ink: "text-warning" },
};

/** What a newer server calls something that this page doesn't know. */
const OTHER: Look = LOOKS.unknown;

interface StatusBadgeProps {
  status: Status;
  /** When it was last looked: its age stands beside it. */
  observedAt?: string | null | undefined;
}

/** How an instance is: a picture, a word and how old that is; never a colour alone. */
export function StatusBadge({ status, observedAt }: StatusBadgeProps) {
  const { words, Icon, ink, moves } = LOOKS[status] ?? OTHER;
  return (
    <span
      className={`bg-surface inline-flex min-h-8 items-center gap-2 rounded-full border-2 border-current px-3 py-0.5 text-sm whitespace-nowrap ${ink}`}
    >
      <Icon aria-hidden className={`size-4.5 shrink-0 ${moves ? "animate-spin" : ""}`} />
      <span className="font-bold">{words}</span>
      {observedAt && <Age of={observedAt} />}
    </span>
  );
}

function Age({ of }: { of: string }) {
  const age = duration(useNow() - Date.parse(of));
  return (
    <span className="text-muted font-normal tabular-nums">
      <span aria-hidden>· {age}</span>
      <span className="sr-only">, seen {age} ago</span>
    </span>
  );
}
