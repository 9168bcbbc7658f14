import Heading from "@codaco/fresco-ui/typography/Heading";
import { type ReactNode, useId } from "react";

import { Panel } from "./Panel";

interface SectionProps {
  title: string;
  /** What can be done with it, beside its title. */
  actions?: ReactNode;
  children: ReactNode;
}

/** A part of a page, on a surface of its own. */
export function Section({ title, actions, children }: SectionProps) {
  const id = useId();
  return (
    <section aria-labelledby={id}>
      <Panel className="flex flex-col gap-5">
        <div className="flex flex-wrap items-center justify-between gap-x-5 gap-y-2">
          <Heading level="h2" margin="none" className="text-xl" id={id}>
            {title}
          </Heading>
          {actions !== undefined && <div className="flex flex-wrap gap-2">{actions}</div>}
        </div>
        {children}
      </Panel>
    </section>
  );
}
