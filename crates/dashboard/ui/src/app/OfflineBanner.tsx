import { WifiOff } from "lucide-react";
import { useSyncExternalStore } from "react";

function subscribe(listener: () => void): () => void {
  window.addEventListener("online", listener);
  window.addEventListener("offline", listener);
  return () => {
    window.removeEventListener("online", listener);
    window.removeEventListener("offline", listener);
  };
}

/** Says so while the browser has no connection. */
export function OfflineBanner() {
  const online = useSyncExternalStore(subscribe, () => navigator.onLine);
  return (
    <div role="status" className="sticky top-0 z-40">
      {!online && (
        <p className="bg-warning text-warning-contrast flex items-center justify-center gap-3 px-4 py-2 text-sm font-bold">
          <WifiOff aria-hidden className="size-5 shrink-0" />
          You are offline. What you see may be old; your instances go on running.
        </p>
      )}
    </div>
  );
}
