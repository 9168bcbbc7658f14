import { Button } from "@codaco/fresco-ui/Button";
import { LoaderCircle } from "lucide-react";
import type { ReactNode } from "react";

import { trouble } from "@/api/problems";
import { Message } from "@/ui/Message";
import { WRAPS } from "@/ui/wraps";

interface GoProps {
  children: ReactNode;
  busy: string;
  isBusy: boolean;
  onClick?: () => void;
}

/** The way on. Without `onClick` it sends the form that it is in. */
export function Go({ children, busy, isBusy, onClick }: GoProps) {
  return (
    <Button
      type={onClick === undefined ? "submit" : "button"}
      color="primary"
      size="lg"
      className={`min-h-16 w-full ${WRAPS}`}
      aria-disabled={isBusy}
      icon={isBusy ? <LoaderCircle aria-hidden className="animate-spin" /> : undefined}
      onClick={() => !isBusy && onClick?.()}
    >
      {isBusy ? busy : children}
    </Button>
  );
}

/** What was refused, above what it is about. */
export function Refusal({ error, action }: { error: unknown; action?: ReactNode }) {
  if (error === null || error === undefined) return null;
  const { title, detail } = trouble(error);
  return (
    <div className="mb-6">
      <Message kind="danger" title={title} action={action}>
        {detail}
      </Message>
    </div>
  );
}
