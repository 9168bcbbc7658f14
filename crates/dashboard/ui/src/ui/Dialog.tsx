import type { DialogProps } from "@codaco/fresco-ui/dialogs/Dialog";
import { lazy, Suspense } from "react";

const Fresco = lazy(() => import("./DialogFrame"));

/** What has to be decided before the page goes on. Its frame comes when it is opened for the first time. */
export function Dialog(props: DialogProps) {
  return (
    <Suspense>
      <Fresco {...props} />
    </Suspense>
  );
}
