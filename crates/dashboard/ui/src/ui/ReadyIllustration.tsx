/** A study that has got a place of its own: people around it, connected. */
export function ReadyIllustration() {
  return (
    <svg viewBox="0 0 240 160" className="h-36 w-auto max-w-full" aria-hidden="true" focusable="false">
      <ellipse cx="120" cy="140" rx="96" ry="12" fill="var(--tint)" />
      <g fill="none" stroke="var(--edge)" strokeWidth="3" strokeLinecap="round">
        <path d="M58 60 96 78M184 56l-40 22M190 112l-40-12" />
      </g>
      <path d="M120 42 76 78v54a8 8 0 0 0 8 8h72a8 8 0 0 0 8-8V78Z" fill="var(--primary)" />
      <path
        d="m100 100 14 14 27-30"
        fill="none"
        stroke="var(--primary-contrast)"
        strokeWidth="8"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
      <circle cx="50" cy="56" r="14" fill="oklch(var(--mustard))" />
      <circle cx="194" cy="50" r="16" fill="oklch(var(--sea-green))" />
      <circle cx="202" cy="116" r="12" fill="oklch(var(--neon-coral))" />
    </svg>
  );
}
