import { encode } from "uqr";

interface QrCodeProps {
  text: string;
  /** What it is, for who doesn't see it. */
  label: string;
}

/** A text for a camera: black on white whatever the colours of the page, with the quiet zone that cameras want. */
export default function QrCode({ text, label }: QrCodeProps) {
  const { data, size } = encode(text, { ecc: "M", border: 4 });
  const dots = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])));
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${size} ${size}`}
      shapeRendering="crispEdges"
      className="size-52 max-w-full rounded-sm"
    >
      <path className="fill-white" d={`M0 0h${size}v${size}h-${size}z`} />
      <path className="fill-black" d={dots.join("")} />
    </svg>
  );
}
