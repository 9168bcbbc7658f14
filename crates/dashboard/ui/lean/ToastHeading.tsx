import Heading from "@codaco/fresco-ui/typography/Heading";
import type { ComponentProps } from "react";

/** As a fourth level looks, at the second: which headings stand on the page before it, it can't know. */
export default function ToastHeading({ level: _, ...rest }: ComponentProps<typeof Heading>) {
  return <Heading {...rest} level="h2" className="text-lg" />;
}
