// Drawn with the theme's own colours, so that they fit light and dark. Decoration: what they say stands in words beside them.

import type { ReactNode } from "react";

function Picture({ children }: { children: ReactNode }) {
  return (
    <svg viewBox="0 0 240 160" className="h-36 w-auto max-w-full" aria-hidden="true" focusable="false">
      <ellipse cx="120" cy="140" rx="96" ry="12" fill="var(--tint)" />
      {children}
    </svg>
  );
}

const LINE = { fill: "none", stroke: "var(--edge)", strokeWidth: 3, strokeLinecap: "round" } as const;
const MUSTARD = "oklch(var(--mustard))";
const GREEN = "oklch(var(--sea-green))";
const CORAL = "oklch(var(--neon-coral))";

/** People who will be connected: nothing is here yet. */
export function EmptyIllustration() {
  return (
    <Picture>
      <g {...LINE} strokeDasharray="2 9">
        <path d="M72 92 118 48M118 48l52 34M72 92l98-10M118 48v74" />
      </g>
      <circle cx="118" cy="46" r="21" fill="var(--primary)" />
      <circle cx="70" cy="94" r="16" fill={MUSTARD} />
      <circle cx="172" cy="84" r="18" fill={GREEN} />
      <circle cx="118" cy="122" r="12" fill="none" stroke="var(--edge)" strokeWidth="3" strokeDasharray="4 6" />
    </Picture>
  );
}

/** A connection that broke. */
export function BrokenIllustration() {
  return (
    <Picture>
      <g {...LINE}>
        <path d="M70 88h34M138 88h32" />
        <path d="m112 76-8 12 8 12M130 76l8 12-8 12" strokeWidth="3.5" stroke={CORAL} />
      </g>
      <circle cx="56" cy="88" r="22" fill="var(--primary)" />
      <circle cx="184" cy="88" r="22" fill="var(--tint)" stroke="var(--edge)" strokeWidth="3" />
      <circle cx="120" cy="42" r="5" fill={MUSTARD} />
      <circle cx="142" cy="52" r="3.5" fill={CORAL} />
      <circle cx="99" cy="54" r="3.5" fill={GREEN} />
    </Picture>
  );
}

/** A way that ends nowhere. */
export function LostIllustration() {
  return (
    <Picture>
      <path d="M44 118c22-46 40 14 66-28 20-32 38-28 46-14" {...LINE} strokeDasharray="2 9" />
      <circle cx="44" cy="118" r="13" fill={GREEN} />
      <path d="M182 38c-16 0-28 12-28 27 0 19 28 45 28 45s28-26 28-45c0-15-12-27-28-27Z" fill="var(--primary)" />
      <text
        x="182"
        y="77"
        textAnchor="middle"
        fontSize="30"
        fontWeight="800"
        fill="var(--primary-contrast)"
        className="font-heading"
      >
        ?
      </text>
    </Picture>
  );
}

/** A letter on its way. */
export function LetterIllustration() {
  return (
    <Picture>
      <rect x="66" y="46" width="108" height="76" rx="14" fill="var(--primary)" />
      <path d="m72 58 48 36 48-36" fill="none" stroke="var(--primary-contrast)" strokeWidth="4" strokeLinecap="round" />
      <circle cx="176" cy="46" r="17" fill={MUSTARD} />
      <path
        d="m169 46 5 5 9-10"
        fill="none"
        stroke="oklch(0.25 0.05 80)"
        strokeWidth="4"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
      <path d="M30 72h22M22 92h30M34 110h18" {...LINE} />
    </Picture>
  );
}
