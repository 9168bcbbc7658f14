import { IconButton } from "@codaco/fresco-ui/Button";
import { Search } from "lucide-react";
import { lazy, Suspense, useEffect, useState } from "react";
import { createPortal } from "react-dom";

const Palette = lazy(() => import("./Palette"));

const KEYS = /Mac|iPhone|iPad/.test(navigator.userAgent) ? "⌘K" : "Ctrl K";

interface PaletteButtonProps {
  /** As wide as a field, or a picture alone. Only the wide one listens for the keys: one is enough. */
  isWide?: boolean;
}

/** Opens the palette, as Ctrl or ⌘ with K does from wherever one is. */
export function PaletteButton({ isWide = false }: PaletteButtonProps) {
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    if (!isWide) return;
    const listen = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey) || event.altKey || event.shiftKey)
        return;
      event.preventDefault();
      setOpen(true);
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, [isWide]);
  return (
    <>
      {isWide ? (
        <button
          type="button"
          aria-keyshortcuts="Control+K Meta+K"
          className="bg-surface text-muted border-edge hover:text-text flex min-h-11 w-full max-w-sm cursor-pointer items-center gap-3 rounded-sm border px-4 text-left"
          onClick={() => setOpen(true)}
        >
          <Search aria-hidden className="size-5 shrink-0" />
          <span className="grow">Find and do…</span>
          <kbd aria-hidden className="border-edge rounded-xs border px-1.5 py-0.5 text-xs">
            {KEYS}
          </kbd>
        </button>
      ) : (
        <IconButton
          aria-label="Find and do"
          variant="text"
          color="dynamic"
          size="sm"
          icon={<Search aria-hidden />}
          onClick={() => setOpen(true)}
        />
      )}
      {isOpen &&
        // Outside of what is hidden on a small screen.
        createPortal(
          <Suspense>
            <Palette onClose={() => setOpen(false)} />
          </Suspense>,
          document.body,
        )}
    </>
  );
}
