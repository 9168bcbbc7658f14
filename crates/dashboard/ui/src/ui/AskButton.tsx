import { Button } from "@codaco/fresco-ui/Button";
import type { ReactNode } from "react";

interface AskButtonProps {
  /** What is asked for; once at a time. */
  ask: { isPending: boolean; mutate: () => void };
  children: ReactNode;
}

/** Asks for something beside words about it. It keeps the focus while it is busy. */
export function AskButton({ ask, children }: AskButtonProps) {
  return (
    <Button
      size="sm"
      variant="outline"
      color="primary"
      aria-disabled={ask.isPending}
      onClick={() => ask.isPending || ask.mutate()}
    >
      {children}
    </Button>
  );
}
