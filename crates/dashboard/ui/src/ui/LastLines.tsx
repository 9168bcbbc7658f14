import { Scrollable } from "./Scrollable";

/** The end of a log, as it was written. */
export function LastLines({ label, lines }: { label: string; lines: readonly string[] }) {
  return (
    <Scrollable label={label} className="bg-tint max-h-72 p-4">
      <pre className="text-sm leading-relaxed">{lines.join("\n")}</pre>
    </Scrollable>
  );
}
