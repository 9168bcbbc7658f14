import type { ReactNode } from "react";

interface ScrollableProps {
  label: string;
  className?: string;
  children: ReactNode;
}

/** A part of the page that scrolls by itself, by keyboard too. */
export function Scrollable({ label, className = "", children }: ScrollableProps) {
  return (
    <section
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is to be reached
      tabIndex={0}
      className={`border-edge overflow-auto rounded-sm border-2 ${className}`}
    >
      {children}
    </section>
  );
}
