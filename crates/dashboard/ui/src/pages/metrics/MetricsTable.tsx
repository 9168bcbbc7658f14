import { CHARTS } from "./charts";
import { MarkIcon } from "./MarkIcon";
import type { Mark } from "./marks";
import type { Measure } from "./measures";
import { atWords } from "./words";

const COLUMNS = CHARTS.reduce((count, { lines }) => count + lines.length, 0);

/** The numbers behind the graphs and what happened between them, the newest first. */
export function MetricsTable({ measures, marks }: { measures: readonly Measure[]; marks: readonly Mark[] }) {
  const rows = [
    ...measures.map((measure) => ({ at: measure.at, measure })),
    ...marks.map((mark) => ({ at: mark.at, mark })),
  ];
  rows.sort((one, other) => other.at - one.at);
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
          {rows.map((row, index) =>
            "mark" in row ? (
              // biome-ignore lint/suspicious/noArrayIndexKey: two may be alike
              <MarkRow key={`mark-${index}`} mark={row.mark} />
            ) : (
              <MeasureRow key={row.at} measure={row.measure} />
            ),
          )}
        </tbody>
      </table>
    </section>
  );
}

function Time({ at }: { at: number }) {
  return (
    <th scope="row" className="px-4 py-1.5 text-left font-normal whitespace-nowrap">
      {atWords(at)}
    </th>
  );
}

function MarkRow({ mark: { at, kind, words } }: { mark: Mark }) {
  return (
    <tr data-mark={kind} className="border-outline bg-tint border-b">
      <Time at={at} />
      <td colSpan={COLUMNS} className="px-4 py-1.5">
        <span className="flex items-center gap-2 font-bold">
          <MarkIcon kind={kind} /> {words}
        </span>
      </td>
    </tr>
  );
}

function MeasureRow({ measure }: { measure: Measure }) {
  return (
    <tr className="border-outline border-b">
      <Time at={measure.at} />
      {CHARTS.flatMap(({ lines, say }) =>
        lines.map(({ kind }) => (
          <td key={kind} className="px-4 py-1.5 text-right whitespace-nowrap">
            {measure[kind] === null ? <span className="text-muted">not known</span> : say(measure[kind])}
          </td>
        )),
      )}
    </tr>
  );
}
