import { ChevronDown } from "lucide-react";
import type { ReactNode } from "react";

export interface Question {
  asks: string;
  answer: ReactNode;
}

/** Questions and their answers, each opened by itself. */
export function Questions({ questions }: { questions: readonly Question[] }) {
  return (
    <div className="divide-outline divide-y-2">
      {questions.map(({ asks, answer }) => (
        <details key={asks} className="group">
          <summary className="flex min-h-14 cursor-pointer list-none items-center justify-between gap-4 rounded-xs py-3 font-bold [&::-webkit-details-marker]:hidden">
            {asks}
            <ChevronDown aria-hidden className="text-link size-5 shrink-0 group-open:rotate-180" />
          </summary>
          <div className="text-muted max-w-2xl pb-5">{answer}</div>
        </details>
      ))}
    </div>
  );
}
