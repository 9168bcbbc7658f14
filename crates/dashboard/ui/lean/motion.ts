// In place of `motion/react` in the parts that every page has. They take it along only for siblings of theirs that move, which no page
// of ours uses; what does move (dialogs) has the real one, and comes when it is asked for.

import type { ReactNode } from "react";

export const motion = { create: <Component>(component: Component): Component => component };

export function LayoutGroup({ children }: { children?: ReactNode }): ReactNode {
  return children;
}
