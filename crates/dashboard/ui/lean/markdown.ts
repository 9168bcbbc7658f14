import type { ReactNode } from "react";

/** In place of `react-markdown`: words as they are. */
export default function Words({ children }: { children?: ReactNode }): ReactNode {
  return children;
}
