import { Button, IconButton } from "@codaco/fresco-ui/Button";
import { X } from "lucide-react";

import { OPERATIONS, type Operation } from "@/api/operations";
import { count as counted } from "@/ui/amounts";

import { OperationIcon } from "./QuickActions";

interface BulkBarProps {
  /** How many are chosen. */
  count: number;
  onAsk: (operation: Operation) => void;
  onClear: () => void;
}

/** What can be done with all that are chosen; what would happen is shown before it does. */
export function BulkBar({ count, onAsk, onClear }: BulkBarProps) {
  return (
    <section
      aria-label="Chosen instances"
      data-surface
      className="bg-surface-popover text-surface-popover-contrast border-outline sticky bottom-4 z-30 mt-4 flex flex-wrap items-center gap-x-4 gap-y-2 rounded border-2 px-5 py-3 shadow-lg"
    >
      <p role="status" className="grow font-bold">
        {counted(count, "instance")} chosen
      </p>
      {(Object.keys(OPERATIONS) as Operation[]).map((operation) => (
        <Button
          key={operation}
          size="sm"
          variant="outline"
          className="px-4"
          color="primary"
          icon={<OperationIcon operation={operation} />}
          onClick={() => onAsk(operation)}
        >
          {OPERATIONS[operation].verb}…
        </Button>
      ))}
      <IconButton
        size="sm"
        variant="text"
        color="dynamic"
        aria-label="Choose none"
        title="Choose none"
        icon={<X aria-hidden />}
        onClick={onClear}
      />
    </section>
  );
}
