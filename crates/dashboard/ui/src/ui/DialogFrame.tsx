import FrescoDialog, { type DialogProps } from "@codaco/fresco-ui/dialogs/Dialog";
import { MotionConfig } from "motion/react";

/** Fresco's dialog, which grows as it comes: not for who wants no movement. */
export default function DialogFrame(props: DialogProps) {
  return (
    <MotionConfig reducedMotion="user">
      <FrescoDialog {...props} />
    </MotionConfig>
  );
}
