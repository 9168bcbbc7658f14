import Heading from "@codaco/fresco-ui/typography/Heading";
import type { ReactNode } from "react";
import { useTitle } from "@/ui/Page";
import { Panel } from "@/ui/Panel";

interface AuthPageProps {
  title: string;
  lead?: ReactNode;
  /** Below the surface: the way to the other pages. */
  footer?: ReactNode;
  children?: ReactNode;
}

/** One thing to decide, on one surface. */
export function AuthPage({ title, lead, footer, children }: AuthPageProps) {
  useTitle(title);
  return (
    <div className="tablet-portrait:py-14 mx-auto flex w-full max-w-lg grow flex-col px-4 py-6">
      <Panel spacing="generous">
        <Heading level="h1" margin="none" className="text-2xl">
          {title}
        </Heading>
        {lead !== undefined && <div className="text-muted mt-3">{lead}</div>}
        {children !== undefined && <div className="mt-8">{children}</div>}
      </Panel>
      {footer !== undefined && <div className="mt-6 text-center">{footer}</div>}
    </div>
  );
}
