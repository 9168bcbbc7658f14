import { Button } from "@codaco/fresco-ui/Button";
import { Check, Copy } from "lucide-react";
import { useState } from "react";

import { WRAPS } from "./wraps";

/** How long it says that it is done, in milliseconds. */
const SAID = 2_000;

/** Takes words along. Where the browser lets no page do that, they are marked, to be copied by hand. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const [isDone, setDone] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setDone(true);
      setTimeout(() => setDone(false), SAID);
    } catch {
      window.prompt(label, text);
    }
  };
  return (
    <>
      <Button
        size="sm"
        variant="outline"
        color="primary"
        className={`min-h-10 ${WRAPS}`}
        icon={isDone ? <Check aria-hidden /> : <Copy aria-hidden />}
        onClick={() => void copy()}
      >
        {isDone ? "Copied" : label}
      </Button>
      <span role="status" className="sr-only">
        {isDone ? "Copied" : ""}
      </span>
    </>
  );
}
