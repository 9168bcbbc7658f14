import { EmptyState } from "@/ui/EmptyState";

/** Until the graphs stand here. */
export function Metrics() {
  return <EmptyState heading="The graphs are not here yet">What the instance uses will be shown here.</EmptyState>;
}
