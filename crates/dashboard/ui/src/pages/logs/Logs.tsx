import { EmptyState } from "@/ui/EmptyState";

/** Until the log viewer stands here. */
export function Logs() {
  return <EmptyState heading="The log is not here yet">What the instance writes will be shown here.</EmptyState>;
}
