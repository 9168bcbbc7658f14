// What the palette can do: a line each, found by words.

import type { LucideIcon } from "lucide-react";

export interface Command {
  /** Unlike all others'. */
  id: string;
  group: string;
  words: string;
  /** Beside the words, in small. */
  hint?: string;
  Icon: LucideIcon;
  run: () => unknown;
}

/** Those that have each of the words, in their order. */
export function matching(commands: readonly Command[], typed: string): Command[] {
  const wanted = typed.toLowerCase().split(/\s+/).filter(Boolean);
  return commands.filter(({ words, hint = "", group }) => {
    const text = `${words} ${hint} ${group}`.toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}
