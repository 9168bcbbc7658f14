import InputField from "@codaco/fresco-ui/form/fields/InputField";
import { Regex, Search } from "lucide-react";
import { useEffect, useRef, useState } from "react";

import type { LogFilter } from "@/api/queries/logs";

import { readLogSearch } from "./search";
import type { Go } from "./useDeeds";

/** From the last letter to the question, in milliseconds. */
const PAUSE = 400;

/** What lines should say: a text, or an expression. */
export function LogSearchField({ filter, go }: { filter: LogFilter; go: Go }) {
  const { query = "", regex = false } = filter;
  const [words, setWords] = useState(query);
  const [isExpression, setExpression] = useState(regex);
  /** What the address says because of this field: whatever else it says comes from elsewhere, and is taken over. */
  const sent = useRef(query);
  const send = useRef<(words: string, isExpression: boolean) => void>(undefined);
  send.current = (words, isExpression) => {
    sent.current = words;
    go(readLogSearch({ ...filter, query: words, regex: isExpression }), { replace: true });
  };
  useEffect(() => {
    if (query === sent.current) return;
    sent.current = query;
    setWords(query);
    setExpression(regex);
  }, [query, regex]);
  useEffect(() => {
    if (words === sent.current) return;
    const timer = setTimeout(() => send.current?.(words, isExpression), PAUSE);
    return () => clearTimeout(timer);
  }, [words, isExpression]);
  return (
    <InputField
      type="search"
      size="sm"
      aria-label={isExpression ? "Lines that match this expression" : "Lines that contain this"}
      placeholder={isExpression ? "Search by expression" : "Search"}
      prefixComponent={<Search aria-hidden />}
      suffixComponent={
        <button
          type="button"
          aria-label="By regular expression"
          title="By regular expression"
          aria-pressed={isExpression}
          className={`flex size-7 shrink-0 cursor-pointer items-center justify-center rounded-full [&_svg]:size-4.5 ${isExpression ? "bg-tint text-link ring-2 ring-current ring-inset" : "text-muted"}`}
          onClick={() => {
            setExpression(!isExpression);
            if (words !== "") send.current?.(words, !isExpression);
          }}
        >
          <Regex aria-hidden />
        </button>
      }
      className="w-full"
      spellCheck={false}
      autoCapitalize="none"
      value={words}
      onChange={(value) => setWords(value ?? "")}
    />
  );
}
