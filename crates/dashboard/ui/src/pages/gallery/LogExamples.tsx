import { Button } from "@codaco/fresco-ui/Button";
import { useState } from "react";

import type { Entry, LineEntry } from "@/pages/logs/entries";
import { HelpSheet } from "@/pages/logs/HelpSheet";
import { LogRow } from "@/pages/logs/LogRow";
import { finder } from "@/pages/logs/marks";

import "@/pages/logs/logs.css";

const ESCAPE = "\u001b[";
const TS = "2026-11-30T10:04:05.123456789Z";
const GAP = { type: "gap", container: "3f2a9c81b0de", reason: "rotated" } as const;
const EVENT = { type: "container", ts: TS, container: "3f2a9c81b0de" } as const;

let made = 0;
function line(text: string, more: Partial<LineEntry> = {}): Entry {
  made += 1;
  return {
    type: "line",
    cursor: `3f2a9c81b0de-o-1764497045000000000-${made}`,
    ts: TS,
    stream: "stdout",
    text,
    ...more,
  };
}
const colours = (from: number) =>
  Array.from({ length: 8 }, (_, color) => `${ESCAPE}${from + color}m colour ${color} ${ESCAPE}0m`).join("");

const ENTRIES: readonly Entry[] = [
  { ...EVENT, cursor: "3f2a9c81b0de-p-1764497045000000000-1", event: "started", phase: "release" },
  { ...EVENT, cursor: "3f2a9c81b0de-p-1764497045000000000-2", event: "started", phase: "serve" },
  line("something broke: no connection", { level: "error" }),
  line("    at connect (net.js:12)", { level: "error", continues: true }),
  line("this took long: no answer for 3 s", { level: "warn" }),
  line("ready", { level: "info" }),
  line("asked for /", { level: "debug" }),
  line("step 3 of 7", { level: "trace" }),
  line("Preparing the database", { stream: "platform" }),
  line(colours(30)),
  line(colours(90)),
  line(colours(40)),
  line(
    `${ESCAPE}1mbold${ESCAPE}0m ${ESCAPE}2mdim${ESCAPE}0m ${ESCAPE}3mitalic${ESCAPE}0m ${ESCAPE}7mturned${ESCAPE}0m`,
  ),
  line("<img src=x onerror=alert(1)> is text", { cut: 70_000 }),
  { ...GAP, cursor: "3f2a9c81b0de-p-1764497045000000000-3", lost: 1204 },
  { ...GAP, cursor: "3f2a9c81b0de-p-1764497045000000000-4", lost: null, reason: "disk_full" },
  { type: "lagged", cursor: "lag", skipped: 532, from: "3f2a9c81b0de-o-1764497045000000000-8", to: "x" },
  { ...EVENT, cursor: "3f2a9c81b0de-p-1764497045000000000-5", event: "stopped", phase: "serve" },
];
const FIND = finder({ query: "no" });
/** The one that is chosen. */
const CHOSEN = 4;

/** What can stand in a log. */
export function LogExamples() {
  const [hasHelp, setHelp] = useState(false);
  return (
    <>
      <section
        aria-label="Lines of a log"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be within reach of the keyboard
        tabIndex={0}
        data-wraps
        className="log @container/log overflow-auto rounded-sm py-3 text-[0.8125rem]"
      >
        {ENTRIES.map((entry, index) => (
          <LogRow key={entry.cursor} entry={entry} isChosen={index === CHOSEN} find={FIND} onLoad={() => undefined} />
        ))}
      </section>
      <Button className="self-start" variant="outline" onClick={() => setHelp(true)}>
        A sheet
      </Button>
      {hasHelp && <HelpSheet onClose={() => setHelp(false)} />}
    </>
  );
}
