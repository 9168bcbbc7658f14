import { CircleCheck, CircleX, type LucideIcon, OctagonAlert, PenLine, RotateCw, TriangleAlert } from "lucide-react";

import { INKS, type MarkKind } from "./marks";

const ICONS: Record<MarkKind, LucideIcon> = {
  memory: OctagonAlert,
  crash: CircleX,
  trouble: TriangleAlert,
  restart: RotateCw,
  change: PenLine,
  over: CircleCheck,
};

/** The sign of a kind: a shape of its own, beside its colour. */
export function MarkIcon({ kind, className = "size-4" }: { kind: MarkKind; className?: string }) {
  const Icon = ICONS[kind];
  return <Icon aria-hidden className={`shrink-0 ${className}`} style={{ color: `var(${INKS[kind]})` }} />;
}
