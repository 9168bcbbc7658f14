/** Three people who know one another, and the name. */
export function Logo() {
  return (
    <span className="font-heading inline-flex items-center gap-3 text-lg leading-tight font-extrabold">
      <LogoMark className="size-10 shrink-0" />
      <span>
        Fresco <span className="text-muted phone-landscape:inline hidden font-bold">instances</span>
      </span>
    </span>
  );
}

export function LogoMark({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 40 40" className={className} aria-hidden="true" focusable="false">
      <rect width="40" height="40" rx="11" fill="var(--primary)" />
      <g stroke="var(--primary-contrast)" strokeOpacity="0.55" strokeWidth="2.4">
        <path d="M14 13.5 27 17.5M14 13.5 17.5 28M27 17.5 17.5 28" />
      </g>
      <circle cx="14" cy="13.5" r="5" fill="var(--primary-contrast)" />
      <circle cx="27" cy="17.5" r="4" fill="oklch(var(--mustard))" />
      <circle cx="17.5" cy="28" r="4" fill="oklch(var(--sea-green))" />
    </svg>
  );
}
