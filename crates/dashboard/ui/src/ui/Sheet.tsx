import { IconButton } from "@codaco/fresco-ui/Button";
import Heading from "@codaco/fresco-ui/typography/Heading";
import { X } from "lucide-react";
import { type ReactNode, useEffect, useId, useRef } from "react";

interface SheetProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
}

/** Something to read above the page: the browser's own dialog, closed by Escape and by a click beside it. */
export function Sheet({ title, onClose, children }: SheetProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it, by the browser
    <dialog
      ref={dialog}
      aria-labelledby={heading}
      data-surface
      className="bg-surface text-surface-contrast m-auto max-h-[calc(100dvh-2rem)] w-[36rem] max-w-[calc(100vw-2rem)] rounded shadow-xl backdrop:bg-black/50"
      onClose={onClose}
      onClick={(event) => {
        if (event.target === dialog.current) dialog.current?.close();
      }}
    >
      <div className="tablet-portrait:p-8 p-5">
        <div className="mb-5 flex items-start justify-between gap-4">
          <Heading level="h2" id={heading} margin="none" className="text-2xl">
            {title}
          </Heading>
          <IconButton
            aria-label="Close"
            variant="text"
            color="dynamic"
            size="sm"
            icon={<X aria-hidden />}
            onClick={() => dialog.current?.close()}
          />
        </div>
        {children}
      </div>
    </dialog>
  );
}
