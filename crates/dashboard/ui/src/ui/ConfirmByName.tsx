import { lazy, type ReactNode, Suspense, useState } from "react";

export interface ConfirmByNameProps {
  open: boolean;
  onClose: () => void;
  title: string;
  /** What has to be typed. */
  name: string;
  /** What will happen, to which things: exact. */
  children: ReactNode;
  /** Of the button: a verb and its object. */
  confirm: string;
  onConfirm: () => Promise<unknown>;
}

const Dialog = lazy(() => import("./ConfirmByNameDialog"));

/** Before what can't be undone: says what goes, and wants its name typed. Comes when it is opened for the first time. */
export function ConfirmByName(props: ConfirmByNameProps) {
  const [wanted, setWanted] = useState(false);
  if (props.open && !wanted) setWanted(true);
  return wanted ? (
    <Suspense>
      <Dialog {...props} />
    </Suspense>
  ) : null;
}
