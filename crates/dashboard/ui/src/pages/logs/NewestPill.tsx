import { ArrowDown } from "lucide-react";

interface NewestPillProps {
  unseen: number;
  /** Above the bar of what is chosen. */
  isRaised: boolean;
  onClick: () => void;
}

/** The way back to the end, and how much is new there. */
export function NewestPill({ unseen, isRaised, onClick }: NewestPillProps) {
  return (
    <div
      className={`pointer-events-none absolute inset-x-0 flex justify-center ${isRaised ? "bottom-20" : "bottom-4"}`}
    >
      <button
        type="button"
        className="bg-primary text-primary-contrast pointer-events-auto flex min-h-10 cursor-pointer items-center gap-2 rounded-full px-5 text-sm font-bold tabular-nums shadow-lg hover:brightness-110"
        onClick={onClick}
      >
        <ArrowDown aria-hidden className="size-4.5" />
        {unseen === 0 ? "To the newest" : `${unseen.toLocaleString("en")} new`}
      </button>
    </div>
  );
}
