import { Skeleton } from "@codaco/fresco-ui/Skeleton";
import { LoaderCircle } from "lucide-react";

/** A page that is on its way. */
export function Loading() {
  return (
    <div role="status" className="flex grow flex-col items-center justify-center gap-4 p-16">
      <LoaderCircle aria-hidden className="text-primary size-12 animate-spin" />
      <p className="text-muted">Loading…</p>
    </div>
  );
}

/** Rows of a list that are on their way, as high as they will be. */
export function LoadingRows({ rows = 4 }: { rows?: number }) {
  return (
    <div role="status" aria-label="Loading" className="flex flex-col gap-4">
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
        <Skeleton key={row} className="bg-tint h-20 w-full rounded" />
      ))}
    </div>
  );
}

/** Lines of words that are on their way. */
export function LoadingText({ lines = 3 }: { lines?: number }) {
  return (
    <div role="status" aria-label="Loading" className="flex flex-col gap-3">
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
        <Skeleton key={line} className={`bg-tint h-5 rounded-xs ${line === lines - 1 ? "w-2/3" : "w-full"}`} />
      ))}
    </div>
  );
}
