interface MeterProps {
  /** What is measured: "Memory of my-study". */
  label: string;
  value: number;
  max: number;
  /** The same in words: "96 of 256 MiB". */
  words: string;
}

/** From here on it is close to its limit. */
const HIGH = 0.85;

/** How much of a limit is used. */
export function Meter({ label, value, max, words }: MeterProps) {
  const part = max > 0 ? Math.min(1, Math.max(0, value / max)) : 0;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a <meter> looks otherwise in each browser
    <div
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(part * 100)}
      aria-valuetext={words}
    >
      <svg
        viewBox="0 0 100 6"
        preserveAspectRatio="none"
        className="block h-1.5 w-full rounded-full"
        aria-hidden="true"
      >
        <rect width="100" height="6" fill="var(--outline)" />
        <rect width={part * 100} height="6" fill={part >= HIGH ? "var(--warning)" : "var(--primary)"} />
      </svg>
    </div>
  );
}
