import { CircleCheck, Info, type LucideIcon, OctagonAlert, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";

const KINDS: Record<string, { Icon: LucideIcon; ink: string; says: string }> = {
  info: { Icon: Info, ink: "text-info border-info", says: "Note" },
  success: { Icon: CircleCheck, ink: "text-success border-success", says: "Done" },
  warning: { Icon: TriangleAlert, ink: "text-warning border-warning", says: "Careful" },
  danger: { Icon: OctagonAlert, ink: "text-destructive border-destructive", says: "Error" },
};

interface MessageProps {
  kind?: "info" | "success" | "warning" | "danger";
  title?: ReactNode;
  action?: ReactNode;
  children?: ReactNode;
}

/** Something to know, in its place on the page. What is an error interrupts who listens; the rest waits. */
export function Message({ kind = "info", title, action, children }: MessageProps) {
  const { Icon, ink, says } = KINDS[kind] as (typeof KINDS)[string];
  return (
    <div
      role={kind === "danger" ? "alert" : "status"}
      className={`bg-tint flex gap-4 rounded-sm border-l-6 px-5 py-4 ${ink}`}
    >
      <Icon aria-label={says} className="mt-0.5 size-6 shrink-0" />
      <div className="text-text min-w-0 flex-1 wrap-anywhere">
        {title !== undefined && <p className="font-bold">{title}</p>}
        {children !== undefined && <div>{children}</div>}
        {action !== undefined && <div className="mt-3">{action}</div>}
      </div>
    </div>
  );
}
