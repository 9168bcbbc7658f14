import { IconButton } from "@codaco/fresco-ui/Button";
import { type ReactNode, useId, useRef } from "react";

interface MenuProps {
  /** What the button is called. */
  label: string;
  icon: ReactNode;
  /** Links, buttons, choices; a click on a link or on a `data-closes` closes it. */
  children: ReactNode;
}

/** What opens below a button: the browser's own popover, closed by Escape and by a click elsewhere. */
export function Menu({ label, icon, children }: MenuProps) {
  const id = useId();
  const popover = useRef<HTMLDivElement>(null);
  return (
    <div className="relative">
      <IconButton
        aria-label={label}
        variant="text"
        color="dynamic"
        className="[&_svg]:size-5.5"
        icon={icon}
        popoverTarget={id}
      />
      {/* biome-ignore lint/a11y/noStaticElementInteractions: what is done is the item's; this only closes behind it */}
      <div
        id={id}
        ref={popover}
        popover="auto"
        data-surface
        className="menu bg-surface-popover text-surface-popover-contrast border-outline max-w-[calc(100vw-2rem)] min-w-60 rounded-sm border-2 p-2 shadow-lg"
        onClick={(event) => {
          const { target } = event;
          if (target instanceof Element && target.closest("a, [data-closes]")) popover.current?.hidePopover();
        }}
        onKeyDown={(event) => {
          if (event.key === "Escape") popover.current?.hidePopover();
        }}
      >
        {children}
      </div>
    </div>
  );
}

/** How what stands in a menu looks. */
export const MENU_ITEM =
  "hover:bg-tint flex min-h-11 w-full cursor-pointer items-center gap-3 rounded-xs px-3 py-2 text-left [&_svg]:size-5 [&_svg]:shrink-0";
