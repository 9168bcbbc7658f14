import { CHARTS } from "./charts";
import type { Measure } from "./measures";
import { atWords } from "./words";

/** The numbers behind the graphs, the newest first. */
export function MetricsTable({ measures }: { measures: readonly Measure[] }) {
  return (
    <section
      aria-label="Table of what was measured"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be within reach of the keyboard
      tabIndex={0}
      className="bg-surface max-h-[32rem] overflow-auto rounded shadow-md"
    >
      <table className="w-full text-sm tabular-nums">
        <thead className="bg-surface sticky top-0">
          <tr className="border-outline border-b-2">
            <th scope="col" className="px-4 py-3 text-left">
              Time
            </th>
            {CHARTS.flatMap(({ title, lines }) =>
              lines.map(({ kind, words }) => (
                <th key={kind} scope="col" className="px-4 py-3 text-right whitespace-nowrap">
                  {lines.length > 1 ? `${title}, ${words.toLowerCase()}` : title}
                </th>
              )),
            )}
          </tr>
        </thead>
        <tbody>
          {measures.toReversed().map((measure) => (
            <tr key={measure.at} className="border-outline border-b">
              <th scope="row" className="px-4 py-1.5 text-left font-normal whitespace-nowrap">
                {atWords(measure.at)}
              </th>
              {CHARTS.flatMap(({ lines, say }) =>
                lines.map(({ kind }) => (
                  <td key={kind} className="px-4 py-1.5 text-right whitespace-nowrap">
                    {measure[kind] === null ? <span className="text-muted">not known</span> : say(measure[kind])}
                  </td>
                )),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
