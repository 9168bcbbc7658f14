import { Sheet } from "@/ui/Sheet";

import { BINDINGS, shownKey } from "./keys";

/** The keys of the log. */
export function HelpSheet({ onClose }: { onClose: () => void }) {
  return (
    <Sheet title="Keys of the log" onClose={onClose}>
      <p className="text-muted mb-4">
        They do this while the log has the focus: press Tab until it has a frame, or click into it.
      </p>
      <dl className="grid grid-cols-[max-content_1fr] items-baseline gap-x-5 gap-y-2">
        {BINDINGS.map(({ keys, deed, words }) => (
          <div key={deed} className="contents">
            <dt className="flex gap-1.5">
              {keys.map((key) => (
                <kbd
                  key={key}
                  className="bg-tint border-edge rounded-xs border px-2 py-0.5 font-mono text-sm whitespace-nowrap"
                >
                  {shownKey(key)}
                </kbd>
              ))}
            </dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
    </Sheet>
  );
}
