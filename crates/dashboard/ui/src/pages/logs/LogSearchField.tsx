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
  const [words, setWords] = useState(filter.query ?? "");
  const isExpression = filter.regex === true;
  const latest = useRef(go);
  latest.current = go;
  const wish = JSON.stringify(filter);
  useEffect(() => {
    const asked: LogFilter = JSON.parse(wish);
    if (words === (asked.query ?? "")) return;
    const timer = setTimeout(() => latest.current(readLogSearch({ ...asked, query: words })), PAUSE);
    return () => clearTimeout(timer);
  }, [words, wish]);
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
          onClick={() => go(readLogSearch({ ...filter, query: words, regex: !isExpression }))}
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
