import Heading from "@codaco/fresco-ui/typography/Heading";
import type { ReactNode } from "react";

interface ChapterProps {
  title: string;
  level?: "h2" | "h3";
  children: ReactNode;
}

/** A part of a text that is read: its heading, and paragraphs of a width that eyes can follow. */
export function Chapter({ title, level = "h2", children }: ChapterProps) {
  return (
    <section className="mb-8 max-w-2xl last:mb-0">
      <Heading level={level} margin="none" className={level === "h2" ? "mb-2 text-xl" : "mb-1 text-base"}>
        {title}
      </Heading>
      <div className="flex flex-col gap-3">{children}</div>
    </section>
  );
}
