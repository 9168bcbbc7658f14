import { Toast } from "@base-ui/react/toast";
import { Toaster, useToast } from "@codaco/fresco-ui/Toast";
import { useEffect } from "react";

import { taken, useWaiting } from "./notify";

/** Shows what {@link notify} was given. */
export default function Toasts() {
  return (
    <Toast.Provider>
      <Feed />
      <Toaster />
    </Toast.Provider>
  );
}

function Feed() {
  const waiting = useWaiting();
  const { add } = useToast();
  useEffect(() => {
    if (waiting.length === 0) return;
    for (const notification of taken()) add(notification);
  }, [waiting, add]);
  return null;
}
