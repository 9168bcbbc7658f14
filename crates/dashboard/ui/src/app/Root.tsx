import { Outlet, useRouterState } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";

import { keepFocus } from "@/ui/focus";

import { OfflineBanner } from "./OfflineBanner";

/** What every page has: a way past the navigation, word of a lost connection, and the focus where the new page begins. */
export function Root() {
  const path = useRouterState({ select: (state) => state.resolvedLocation?.pathname });
  const [announced, setAnnounced] = useState("");
  const earlier = useRef(path);
  useEffect(keepFocus, []);
  useEffect(() => {
    if (path === earlier.current) return;
    const isFirst = earlier.current === undefined;
    earlier.current = path;
    if (isFirst) return;
    const heading = document.querySelector<HTMLElement>("main h1");
    heading?.setAttribute("tabindex", "-1");
    heading?.focus({ preventScroll: true });
    setAnnounced(document.title);
  }, [path]);
  return (
    <>
      <a
        href="#main"
        className="bg-primary text-primary-contrast sr-only rounded-sm focus:not-sr-only focus:fixed focus:top-3 focus:left-3 focus:z-50 focus:px-5 focus:py-3"
      >
        Skip to the content
      </a>
      <OfflineBanner />
      <Outlet />
      <div role="status" className="sr-only">
        {announced}
      </div>
    </>
  );
}
