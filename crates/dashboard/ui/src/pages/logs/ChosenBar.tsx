import { Button, IconButton } from "@codaco/fresco-ui/Button";
import { Copy, Link2, TextSearch, X } from "lucide-react";
import type { ReactNode } from "react";

import type { Entry } from "./entries";
import type { Deed } from "./keys";
import { fullTime, lines } from "./words";

interface ChosenBarProps {
  entries: readonly Entry[];
  /** Whether there is more around it than is shown. */
  hasContext: boolean;
  deeds: Record<Deed, () => void>;
}

/** What is known of the chosen lines, and what can be done with them. */
export function ChosenBar({ entries, hasContext, deeds }: ChosenBarProps) {
  const [first] = entries;
  return (
    <section
      aria-label="Chosen lines"
      className="border-outline bg-surface flex min-h-14 shrink-0 flex-wrap items-center gap-x-4 gap-y-2 border-t-2 px-4 py-2 text-sm"
    >
      <p className="text-muted min-w-0 flex-1 basis-48 truncate tabular-nums">
        {first === undefined
          ? "Choose a line to copy it or to link to it."
          : entries.length > 1
            ? lines(entries.length)
            : details(first)}
      </p>
      {first !== undefined && (
        <div className="flex flex-wrap items-center gap-2">
          {hasContext && (
            <Action words="Context" icon={<TextSearch aria-hidden />} shortcut="x" onClick={deeds.context} />
          )}
          <Action words="Copy" icon={<Copy aria-hidden />} shortcut="c" onClick={deeds.copy} />
          <Action words="Link" icon={<Link2 aria-hidden />} shortcut="l" onClick={deeds.link} />
          <IconButton
            size="sm"
            variant="text"
            color="dynamic"
            aria-label="Choose nothing"
            icon={<X aria-hidden />}
            onClick={deeds.clear}
          />
        </div>
      )}
    </section>
  );
}

interface ActionProps {
  words: string;
  icon: ReactNode;
  shortcut: string;
  onClick: () => void;
}

function Action({ words, icon, shortcut, onClick }: ActionProps) {
  return (
    <Button size="sm" variant="outline" color="primary" icon={icon} aria-keyshortcuts={shortcut} onClick={onClick}>
      {words}
    </Button>
  );
}

const STREAMS = { stdout: "standard output", stderr: "standard error", platform: "the platform" };

function details(entry: Entry): string {
  const at = fullTime(entry);
  if (entry.type !== "line") return at;
  const [container] = entry.cursor.split("-");
  const from = entry.stream === "platform" ? "" : ` of container ${container}`;
  return `${at} · ${STREAMS[entry.stream]}${from}`;
}
