import Heading from "@codaco/fresco-ui/typography/Heading";
import type { ReactNode } from "react";

interface EmptyStateProps {
  heading: string;
  level?: "h1" | "h2" | "h3";
  illustration?: ReactNode;
  /** What to do next. */
  action?: ReactNode;
  children?: ReactNode;
}

/** Where nothing is yet: what would be here, and how it comes to be. */
export function EmptyState({ heading, level = "h2", illustration, action, children }: EmptyStateProps) {
  return (
    <div className="mx-auto flex max-w-lg flex-col items-center gap-5 px-2 py-12 text-center">
      {illustration}
      <Heading level={level} margin="none" className="text-2xl">
        {heading}
      </Heading>
      {children !== undefined && <div className="text-muted">{children}</div>}
      {action !== undefined && <div className="mt-2 flex flex-wrap justify-center gap-3">{action}</div>}
    </div>
  );
}
