import { ArrowDownToLine, Box, CircleAlert, Rabbit } from "lucide-react";
import { memo, type ReactNode } from "react";

import { count } from "@/ui/amounts";

import { pieces, plain, type Style } from "./ansi";
import type { Entry, LagEntry, LineEntry } from "./entries";
import { type finder, marked } from "./marks";
import { clockTime, containerWords, gapWords, lines } from "./words";

interface LogRowProps {
  entry: Entry;
  isChosen: boolean;
  find: ReturnType<typeof finder>;
  onLoad: (lag: LagEntry) => void;
}

/** One entry. Drawn anew only when something about it has changed. */
export const LogRow = memo(function LogRow({ entry, isChosen, find, onLoad }: LogRowProps) {
  switch (entry.type) {
    case "line":
      return <Line entry={entry} isChosen={isChosen} find={find} />;
    case "gap":
      return (
        <Note entry={entry} isChosen={isChosen} icon={<CircleAlert aria-hidden />} ink="text-warning" label="Gap">
          {gapWords(entry)}
        </Note>
      );
    case "container":
      return (
        <Note entry={entry} isChosen={isChosen} icon={<Box aria-hidden />} ink="text-link" label="Event">
          {containerWords(entry)}
        </Note>
      );
    case "lagged":
      return (
        <Note entry={entry} isChosen={isChosen} icon={<Rabbit aria-hidden />} ink="text-info" label="Skipped">
          {lines(entry.skipped)} came faster than this page could take them.{" "}
          <button
            type="button"
            className="text-link inline-flex h-6 cursor-pointer align-top items-center gap-1 font-bold underline underline-offset-2"
            onClick={() => onLoad(entry)}
          >
            <ArrowDownToLine aria-hidden className="size-4" />
            Load these
          </button>
        </Note>
      );
  }
});

const LABELS = { error: "ERROR", warn: "WARN", info: "INFO", debug: "DEBUG", trace: "TRACE" };
const INKS = {
  error: "text-destructive",
  warn: "text-warning",
  info: "text-info",
  debug: "text-muted",
  trace: "text-muted",
};

function Line({ entry, isChosen, find }: { entry: LineEntry; isChosen: boolean; find: LogRowProps["find"] }) {
  const { level, continues, stream, text, cut } = entry;
  const isShown = level && !continues;
  return (
    <div
      className="log-row"
      data-cursor={entry.cursor}
      data-level={level ?? undefined}
      data-chosen={isChosen || undefined}
    >
      <span className="text-muted tabular-nums">{continues ? "" : clockTime(entry)}</span>
      <span className={isShown ? `font-bold ${INKS[level]}` : "text-muted"}>
        {isShown ? LABELS[level] : continues ? "" : stream === "platform" ? "STEP" : ""}
      </span>
      <span className="log-text">
        <Text text={text} find={find} />
        {cut != null && <span className="text-muted italic"> … {count(cut, "byte")} more were not kept</span>}
      </span>
    </div>
  );
}

function Text({ text, find }: { text: string; find: LogRowProps["find"] }) {
  return marked(pieces(text), find(plain(text))).map(({ text, style, isMarked }, index) => {
    const key = index;
    const classes = classesOf(style);
    if (isMarked) {
      return (
        <mark key={key} className={classes}>
          {text}
        </mark>
      );
    }
    return classes === "" ? (
      text
    ) : (
      <span key={key} className={classes}>
        {text}
      </span>
    );
  });
}

function classesOf({ ink, ground, bold, dim, italic, underlined, struck, inverse }: Style): string {
  const hasGround = ground !== undefined || inverse;
  return [
    ink !== undefined && !hasGround && `ansi-${ink}`,
    hasGround && `ansi-ground${ground === undefined ? "" : ` ansi-ground-${ground}`}`,
    bold && "font-bold",
    dim && !bold && "text-muted",
    italic && "italic",
    underlined && "underline",
    struck && "line-through",
  ]
    .filter(Boolean)
    .join(" ");
}

interface NoteProps {
  entry: Entry;
  isChosen: boolean;
  icon: ReactNode;
  ink: string;
  label: string;
  children: ReactNode;
}

/** What is no line of the app's. */
function Note({ entry, isChosen, icon, ink, label, children }: NoteProps) {
  return (
    <div
      className={`log-row ${ink}`}
      data-cursor={entry.cursor}
      data-kind={entry.type}
      data-chosen={isChosen || undefined}
    >
      <span className="text-muted tabular-nums">{clockTime(entry)}</span>
      <span className="flex items-center gap-1.5 font-bold [&_svg]:size-4">
        {icon}
        <span className="sr-only">{label}</span>
      </span>
      <span className="log-text font-body">{children}</span>
    </div>
  );
}
