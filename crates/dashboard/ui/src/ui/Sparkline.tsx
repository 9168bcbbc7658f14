interface SparklineProps {
  /** The oldest first. */
  values: readonly number[];
  /** What the top stands for; the largest value if that is more. */
  max: number;
  /** So many fit: a line that is shorter begins further right. */
  slots: number;
}

const WIDTH = 100;
const HEIGHT = 20;

/** How something went lately, at a glance; the number stands beside it. */
export function Sparkline({ values, max, slots }: SparklineProps) {
  const top = Math.max(max, ...values, Number.MIN_VALUE);
  const step = WIDTH / (slots - 1);
  const points = values.map((value, index) => {
    const x = WIDTH - (values.length - 1 - index) * step;
    return `${x.toFixed(1)},${(HEIGHT - 1 - (value / top) * (HEIGHT - 2)).toFixed(1)}`;
  });
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" className="block h-5 w-full" aria-hidden="true">
      <path d={`M0 ${HEIGHT - 0.5}H${WIDTH}`} stroke="var(--outline)" vectorEffect="non-scaling-stroke" />
      {points.length > 1 && (
        <polyline
          points={points.join(" ")}
          fill="none"
          stroke="var(--primary)"
          strokeWidth="1.75"
          strokeLinejoin="round"
          vectorEffect="non-scaling-stroke"
        />
      )}
    </svg>
  );
}
