import FrescoDialog, { type DialogProps } from "@codaco/fresco-ui/dialogs/Dialog";
import { MotionConfig, useReducedMotion } from "motion/react";

/** Fresco's dialog, which grows out of a fading page as it comes: not for who wants no movement. */
export default function DialogFrame(props: DialogProps) {
  return (
    <MotionConfig reducedMotion="user" skipAnimations={useReducedMotion() === true}>
      <FrescoDialog {...props} />
    </MotionConfig>
  );
}
