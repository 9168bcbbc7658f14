import { CircleAlert, CircleCheck } from "lucide-react";

interface StrengthMeterProps {
  /** 0 (nothing yet) to 4. */
  score: number;
  words: string;
  advice?: string | undefined;
}

const INKS = ["text-muted", "text-destructive", "text-warning", "text-success", "text-success"];
const BARS = [1, 2, 3, 4];

/** How good a password looks: bars, a word and what would help. Who listens hears the word when it changes. */
export function StrengthMeter({ score, words, advice }: StrengthMeterProps) {
  const Icon = score >= 3 ? CircleCheck : CircleAlert;
  return (
    <div className={`min-h-20 ${INKS[score] ?? ""}`}>
      <div aria-hidden className="flex gap-1.5">
        {BARS.map((bar) => (
          <span key={bar} className={`h-2 flex-1 rounded-full ${bar <= score ? "bg-current" : "bg-tint"}`} />
        ))}
      </div>
      <p className="mt-2 flex items-center gap-2 text-sm font-bold">
        {score > 0 && <Icon aria-hidden className="size-4.5 shrink-0" />}
        <span role="status">{words}</span>
      </p>
      <p className="text-muted text-sm">{advice}</p>
    </div>
  );
}
