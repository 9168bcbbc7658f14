import Heading from "@codaco/fresco-ui/typography/Heading";
import { type ReactNode, useEffect } from "react";

/** What stands behind every page's own title. */
const SITE = "Fresco instances";
const WIDTHS = { narrow: "max-w-3xl", usual: "", full: "" };

interface PageProps {
  /** Also the document's. */
  title: string;
  /** A sentence below it. */
  lead?: ReactNode;
  /** What can be done here, beside the title. */
  actions?: ReactNode;
  width?: keyof typeof WIDTHS;
  /** For a page whose first heading is one of its own. */
  hidesTitle?: boolean;
  children: ReactNode;
}

/** A page: its title, what can be done, and what it shows. */
export function Page({ title, lead, actions, width = "usual", hidesTitle = false, children }: PageProps) {
  useTitle(title);
  return (
    <div className={`tablet-portrait:px-8 mx-auto w-full grow px-4 pt-6 pb-16 ${width === "full" ? "" : "max-w-6xl"}`}>
      <div className={WIDTHS[width]}>
        {!hidesTitle && <PageHeader title={title} lead={lead} actions={actions} />}
        {children}
      </div>
    </div>
  );
}

export function PageHeader({ title, lead, actions }: Pick<PageProps, "title" | "lead" | "actions">) {
  return (
    <div className="mb-8 flex flex-wrap items-end justify-between gap-x-8 gap-y-4">
      <div className="max-w-2xl min-w-0">
        <Heading level="h1" margin="none" className="break-words">
          {title}
        </Heading>
        {lead !== undefined && <p className="text-muted mt-2">{lead}</p>}
      </div>
      {actions !== undefined && <div className="flex flex-wrap gap-3">{actions}</div>}
    </div>
  );
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · ${SITE}`;
  }, [title]);
}
