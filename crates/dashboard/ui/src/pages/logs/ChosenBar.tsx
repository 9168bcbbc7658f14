import { Button, IconButton } from "@codaco/fresco-ui/Button";
import { Copy, Link2, TextSearch, X } from "lucide-react";

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
  if (first === undefined) return null;
  return (
    <section
      aria-label="Chosen lines"
      className="border-outline bg-surface flex flex-wrap items-center gap-x-4 gap-y-2 border-t-2 px-4 py-2 text-sm"
    >
      <p className="min-w-0 flex-1 basis-60 truncate tabular-nums">
        {entries.length > 1 ? lines(entries.length) : details(first)}
      </p>
      <div className="flex flex-wrap items-center gap-2">
        {hasContext && (
          <Button
            size="sm"
            variant="outline"
            color="primary"
            icon={<TextSearch aria-hidden />}
            aria-keyshortcuts="x"
            onClick={deeds.context}
          >
            Context
          </Button>
        )}
        <Button
          size="sm"
          variant="outline"
          color="primary"
          icon={<Copy aria-hidden />}
          aria-keyshortcuts="c"
          onClick={deeds.copy}
        >
          Copy
        </Button>
        <Button
          size="sm"
          variant="outline"
          color="primary"
          icon={<Link2 aria-hidden />}
          aria-keyshortcuts="l"
          onClick={deeds.link}
        >
          Link
        </Button>
        <IconButton
          size="sm"
          variant="text"
          color="dynamic"
          aria-label="Choose nothing"
          icon={<X aria-hidden />}
          onClick={deeds.clear}
        />
      </div>
    </section>
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
