import { Button } from "@codaco/fresco-ui/Button";
import { RotateCw } from "lucide-react";

import { trouble } from "@/api/problems";

import { EmptyState } from "./EmptyState";
import { BrokenIllustration } from "./illustrations";

interface ErrorStateProps {
  error: unknown;
  level?: "h1" | "h2" | "h3";
  onRetry?: () => void;
}

/** In place of what could not be had: why, in words, and what to do. */
export function ErrorState({ error, level = "h2", onRetry }: ErrorStateProps) {
  const { title, detail, requestId, passes } = trouble(error);
  return (
    <div role="alert">
      <EmptyState
        heading={title}
        level={level}
        illustration={<BrokenIllustration />}
        action={
          onRetry !== undefined &&
          passes && (
            <Button color="primary" icon={<RotateCw aria-hidden />} onClick={onRetry}>
              Try again
            </Button>
          )
        }
      >
        <p>{detail}</p>
        {requestId !== undefined && (
          <p className="mt-3 text-sm">
            If you ask for help, name this request: <code className="break-all">{requestId}</code>
          </p>
        )}
      </EmptyState>
    </div>
  );
}
