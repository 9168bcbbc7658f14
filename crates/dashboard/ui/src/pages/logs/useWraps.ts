import { useState } from "react";

import { store, stored } from "@/app/theme";

const KEY = "fresco.logs-wrap";

/** Whether long lines are wrapped: as it was chosen here, else where there is little room. */
export function useWraps(): [wraps: boolean, set: (wraps: boolean) => void] {
  const [wraps, setWraps] = useState(() => {
    const kept = stored(KEY);
    return kept === null ? window.innerWidth < 768 : kept === "yes";
  });
  const set = (next: boolean) => {
    store(KEY, next ? "yes" : "no");
    setWraps(next);
  };
  return [wraps, set];
}
