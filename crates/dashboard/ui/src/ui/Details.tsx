import type { ReactNode } from "react";

/** What is there for who wants to know more, closed at first. */
export function Details({ title, children }: { title: string; children: ReactNode }) {
  return (
    <details className="mt-3">
      <summary className="text-link min-h-8 cursor-pointer font-bold">{title}</summary>
      <div className="mt-2">{children}</div>
    </details>
  );
}

/** What programs said, in their own words. */
export function TechnicalDetails({ children }: { children: string | undefined }) {
  if (children === undefined) return null;
  return (
    <Details title="Technical details">
      <code className="text-sm break-words">{children}</code>
    </Details>
  );
}
