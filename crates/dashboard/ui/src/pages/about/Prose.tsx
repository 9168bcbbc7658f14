import Heading from "@codaco/fresco-ui/typography/Heading";
import type { ReactNode } from "react";

interface ChapterProps {
  title: string;
  children: ReactNode;
}

/** A part of a text that is read: its heading, and paragraphs of a width that eyes can follow. */
export function Chapter({ title, children }: ChapterProps) {
  return (
    <section className="mb-8 max-w-2xl last:mb-0">
      <Heading level="h2" className="mb-3 text-xl">
        {title}
      </Heading>
      <div className="flex flex-col gap-3">{children}</div>
    </section>
  );
}
