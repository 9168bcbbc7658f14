import { buttonVariants } from "@codaco/fresco-ui/Button";
import { createLink } from "@tanstack/react-router";
import type { AnchorHTMLAttributes, ReactNode, Ref } from "react";

import { WRAPS } from "./wraps";

interface AnchorButtonProps extends AnchorHTMLAttributes<HTMLAnchorElement> {
  size?: "sm" | "md" | "lg";
  variant?: "default" | "outline" | "text";
  color?: "default" | "primary" | "destructive";
  icon?: ReactNode;
  ref?: Ref<HTMLAnchorElement>;
}

/** A link that leads out of the app, or to a file, and looks like a button. */
export function AnchorButton({
  size = "md",
  variant = "default",
  color = "primary",
  icon,
  ...rest
}: AnchorButtonProps) {
  const { className, children, ...link } = rest;
  return (
    <a
      {...link}
      data-button
      className={`${buttonVariants({ size, variant, color })} ${HEIGHT[size]} ${WRAPS} ${HOVER[variant]} ${className ?? ""}`}
    >
      {icon}
      {children}
    </a>
  );
}

const HEIGHT = { sm: "min-h-10", md: "min-h-12", lg: "min-h-16" };

// Fresco's own say `hover:enabled:`, and no link is ever enabled.
const HOVER = {
  default: "hover:brightness-110",
  outline: "hover:bg-(--component-text) hover:text-(--component-bg)",
  text: "hover:bg-(--component-text) hover:text-(--component-bg)",
};

/** A link to another page that looks like a button. */
export const LinkButton = createLink(AnchorButton);
