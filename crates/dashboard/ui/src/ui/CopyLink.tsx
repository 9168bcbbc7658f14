import { Button } from "@codaco/fresco-ui/Button";
import { Check, Copy } from "lucide-react";
import { type ReactNode, useState } from "react";

import { WRAPS } from "./wraps";

interface CopyLinkProps {
  /** What is copied, or how it is had. */
  link: string | (() => Promise<string>);
  children: ReactNode;
}

/** Copies a link; where the browser doesn't let us (a page without TLS), it is shown, to be copied by hand. */
export function CopyLink({ link, children }: CopyLinkProps) {
  const [state, setState] = useState<"waiting" | "copied" | "failed" | { shown: string }>("waiting");
  const copy = async () => {
    try {
      const text = typeof link === "string" ? link : await link();
      const isCopied = await put(text);
      setState(isCopied ? "copied" : { shown: text });
    } catch {
      setState("failed");
    }
  };
  return (
    <span className="inline-flex max-w-full flex-wrap items-center gap-3">
      <Button
        size="sm"
        variant="outline"
        className={`min-h-9 ${WRAPS}`}
        icon={state === "copied" ? <Check aria-hidden /> : <Copy aria-hidden />}
        onClick={() => void copy()}
      >
        {children}
      </Button>
      <span role="status" className="text-sm">
        {state === "copied" && "Copied"}
        {state === "failed" && "That didn't work. Please try again."}
      </span>
      {typeof state === "object" && (
        <input
          readOnly
          aria-label="The link"
          value={state.shown}
          onFocus={(event) => event.target.select()}
          className="bg-input text-input-contrast border-edge w-full min-w-0 rounded-xs border-2 px-3 py-2 text-sm"
        />
      )}
    </span>
  );
}

async function put(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
