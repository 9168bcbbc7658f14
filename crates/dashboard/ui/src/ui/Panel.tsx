import type { ReactNode } from "react";

const SPACING = { none: "", usual: "p-6 tablet-portrait:p-8", generous: "p-6 tablet-portrait:p-10" };

interface PanelProps {
  spacing?: keyof typeof SPACING;
  className?: string;
  children: ReactNode;
}

/** A white, rounded surface on the ground. */
export function Panel({ spacing = "usual", className = "", children }: PanelProps) {
  return (
    <div data-surface className={`bg-surface text-surface-contrast rounded shadow-md ${SPACING[spacing]} ${className}`}>
      {children}
    </div>
  );
}
