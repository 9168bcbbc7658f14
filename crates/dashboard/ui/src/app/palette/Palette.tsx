import { CornerDownLeft, Search } from "lucide-react";
import { Fragment, type KeyboardEvent, useEffect, useId, useRef, useState } from "react";

import { trouble } from "@/api/problems";

import type { Command } from "./commands";
import { type Commands, useCommands } from "./useCommands";

/** All pages, instances and actions, by some letters of their names: arrows choose, Enter does it. */
export default function Palette({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it too, as it does each dialog
    <dialog
      ref={dialog}
      aria-label="Find and do"
      data-surface
      className="bg-surface-popover text-surface-popover-contrast border-outline mx-auto mt-[12dvh] w-[calc(100%-2rem)] max-w-2xl rounded border-2 p-0 shadow-lg backdrop:bg-black/50"
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && dialog.current.close()}
    >
      <Inner close={() => dialog.current?.close()} />
    </dialog>
  );
}

function Inner({ close }: { close: () => void }) {
  const list = useId();
  const [typed, setTyped] = useState("");
  const [wished, setWished] = useState(0);
  const found = useCommands(typed);
  const { commands } = found;
  const at = Math.min(wished, commands.length - 1);
  const chosen = commands[at];
  const optionId = (index: number) => `${list}-${index}`;
  const perform = (command: Command | undefined) => {
    if (command === undefined) return;
    close();
    void command.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const to = target(event.key, at, commands.length);
    if (to === undefined && event.key !== "Enter") return;
    event.preventDefault();
    if (to === undefined) return perform(chosen);
    setWished(to);
    document.getElementById(optionId(to))?.scrollIntoView({ block: "nearest" });
  };
  return (
    <div className="flex max-h-[70dvh] flex-col">
      <div className="border-outline flex items-center gap-3 border-b-2 px-5">
        <Search aria-hidden className="text-muted size-5 shrink-0" />
        <input
          // biome-ignore lint/a11y/noAutofocus: it was opened to be typed into
          autoFocus
          type="text"
          role="combobox"
          aria-label="Find an instance, a page or an action"
          aria-expanded
          aria-controls={list}
          aria-activedescendant={chosen === undefined ? undefined : optionId(at)}
          aria-autocomplete="list"
          autoComplete="off"
          spellCheck={false}
          placeholder="Find an instance, a page or an action"
          className="placeholder:text-muted min-h-14 w-full bg-transparent outline-none"
          value={typed}
          onChange={(event) => {
            setTyped(event.target.value);
            setWished(0);
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <div id={list} role="listbox" aria-label="What was found" className="overflow-y-auto p-2">
        {commands.map((command, index) => (
          <Fragment key={command.id}>
            {command.group !== commands[index - 1]?.group && (
              <div role="presentation" className="text-muted px-3 pt-3 pb-1 text-xs font-bold">
                {command.group}
              </div>
            )}
            <Option id={optionId(index)} command={command} isChosen={index === at} onChoose={() => perform(command)} />
          </Fragment>
        ))}
      </div>
      <p role="status" className={commands.length === 0 || found.error !== null ? "text-muted px-5 py-6" : "sr-only"}>
        {standing(found)}
      </p>
    </div>
  );
}

/** How the search stands: that nothing is found is said only once all was looked through. */
function standing({ commands, isSearching, error }: Commands): string {
  if (error !== null) {
    const { title, detail } = trouble(error);
    return `Instances could not be searched for. ${title}. ${detail}`;
  }
  if (commands.length > 0) return `${commands.length} found`;
  return isSearching ? "Searching…" : "Nothing is called that.";
}

interface OptionProps {
  id: string;
  command: Command;
  isChosen: boolean;
  onChoose: () => void;
}

function Option({ id, command: { words, hint, Icon }, isChosen, onChoose }: OptionProps) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the input's, which keeps the focus
    // biome-ignore lint/a11y/useFocusableInteractive: the input keeps the focus, and says which is chosen
    <div
      id={id}
      role="option"
      aria-selected={isChosen}
      className={`hover:bg-tint flex min-h-11 cursor-pointer items-center gap-3 rounded-xs px-3 py-1.5 ${isChosen ? "bg-tint outline-edge outline-2 -outline-offset-2" : ""}`}
      onClick={onChoose}
    >
      <Icon aria-hidden className="text-link size-5 shrink-0" />
      <span className="min-w-0 truncate">{words}</span>
      {hint !== undefined && <span className="text-muted min-w-0 flex-1 truncate text-sm">{hint}</span>}
      {isChosen && <CornerDownLeft aria-hidden className="text-muted ml-auto size-4 shrink-0" />}
    </div>
  );
}

/** Which line a key leads to; undefined: none. */
function target(key: string, at: number, count: number): number | undefined {
  if (count === 0) return undefined;
  switch (key) {
    case "ArrowDown":
      return (at + 1) % count;
    case "ArrowUp":
      return (at - 1 + count) % count;
    case "PageDown":
      return Math.min(count - 1, at + 8);
    case "PageUp":
      return Math.max(0, at - 8);
    default:
      return undefined;
  }
}
