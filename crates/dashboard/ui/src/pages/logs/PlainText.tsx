import { Button } from "@codaco/fresco-ui/Button";
import { useState } from "react";

import type { LogFeed } from "./feed";
import { lines, textOf } from "./words";

/** Lines of it: more is slow to read and to draw; the download has all. */
const MOST = 2000;

/** The newest of what is loaded as words alone: nothing moves, and a screen reader reads it line by line. */
export function PlainText({ feed, onClose }: { feed: LogFeed; onClose: () => void }) {
  const take = () => feed.buffer.entries.slice(-MOST);
  const [taken, setTaken] = useState(take);
  return (
    <>
      <div className="border-outline flex flex-wrap items-center gap-3 border-b-2 px-4 py-2 text-sm">
        <p className="grow">The newest {lines(taken.length)} of what is loaded, as they were a moment ago.</p>
        <Button size="sm" variant="outline" color="primary" onClick={() => setTaken(take())}>
          Renew
        </Button>
        <Button size="sm" color="primary" onClick={onClose}>
          Back to the live log
        </Button>
      </div>
      <section
        aria-label="The log as plain text"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be within reach of the keyboard
        tabIndex={0}
        className="log min-h-0 grow overflow-auto p-4 outline-offset-[-3px]"
      >
        <pre className="[font-family:inherit] text-[0.8125rem] leading-6 break-words whitespace-pre-wrap">
          {taken.map(textOf).join("\n")}
        </pre>
      </section>
    </>
  );
}
