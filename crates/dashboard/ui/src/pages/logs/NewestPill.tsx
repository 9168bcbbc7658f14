import { ArrowDown } from "lucide-react";

interface NewestPillProps {
  unseen: number;
  onClick: () => void;
}

/** The way back to the end, and how much is new there. */
export function NewestPill({ unseen, onClick }: NewestPillProps) {
  return (
    <div className="pointer-events-none relative z-1 flex h-0 justify-center">
      <button
        type="button"
        className="bg-primary text-primary-contrast pointer-events-auto flex min-h-10 -translate-y-14 cursor-pointer items-center gap-2 rounded-full px-5 text-sm font-bold tabular-nums shadow-lg hover:brightness-110"
        onClick={onClick}
      >
        <ArrowDown aria-hidden className="size-4.5" />
        {unseen === 0 ? "To the newest" : `${unseen.toLocaleString("en")} new`}
      </button>
    </div>
  );
}
