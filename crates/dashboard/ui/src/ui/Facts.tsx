import type { ReactNode } from "react";

/** What something is, by name. */
export function Facts({ children }: { children: ReactNode }) {
  return <dl className="flex flex-col gap-3.5">{children}</dl>;
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt className="text-muted text-sm">{name}</dt>
      <dd className="break-words">{children}</dd>
    </div>
  );
}
