import { IconButton } from "@codaco/fresco-ui/Button";
import NativeSelect from "@codaco/fresco-ui/form/fields/Select/Native";
import { CalendarClock, Download, FileText, Keyboard, Timer, WrapText } from "lucide-react";
import { type ReactNode, type Ref, useImperativeHandle, useRef } from "react";

import type { LogFilter } from "@/api/queries/logs";
import { Menu } from "@/ui/Menu";

import { DownloadForm } from "./DownloadForm";
import { LEVELS, type Level } from "./entries";
import type { LogFeed } from "./feed";
import type { Deed } from "./keys";
import { LogSearchField } from "./LogSearchField";
import { SpanForm } from "./SpanForm";
import { readLogSearch } from "./search";
import { TimeForm } from "./TimeForm";
import type { Go, ToolbarPart } from "./useDeeds";

/** Opens a part of the toolbar, as its key does, or goes to its button. */
export interface ToolbarHandle {
  open: (part: ToolbarPart) => void;
  focus: (part: ToolbarPart) => void;
}

interface LogToolbarProps {
  ref: Ref<ToolbarHandle>;
  id: string;
  name: string;
  filter: LogFilter;
  wraps: boolean;
  isPlain: boolean;
  feed: LogFeed;
  go: Go;
  deeds: Record<Deed, () => void>;
  onPlain: (isPlain: boolean) => void;
}

const LEVEL_OPTIONS: Record<Level, string> = {
  error: "Errors only",
  warn: "Warnings and errors",
  info: "Info and graver",
  debug: "Debug and graver",
  trace: "All that have a level",
};

/** Which lines are shown, and how. */
export function LogToolbar({ ref, id, name, filter, wraps, isPlain, feed, go, deeds, onPlain }: LogToolbarProps) {
  const bar = useRef<HTMLElement>(null);
  useImperativeHandle(ref, () => {
    const find = (part: ToolbarPart) =>
      bar.current?.querySelector<HTMLElement>(`[data-part="${part}"] :is(input, button)`);
    return {
      open: (part) => (part === "search" ? find(part)?.focus() : find(part)?.click()),
      focus: (part) => find(part)?.focus(),
    };
  });
  return (
    <search ref={bar} aria-label="In the log" className="flex flex-wrap items-center gap-x-3 gap-y-3">
      <div data-part="search" className="min-w-0 flex-1 basis-72">
        <LogSearchField filter={filter} go={go} />
      </div>
      <NativeSelect
        aria-label="Level"
        name="level"
        size="sm"
        className="tablet-portrait:w-56 w-full"
        value={filter.level ?? "all"}
        options={[
          { value: "all", label: "Every level" },
          ...LEVELS.map((level) => ({ value: level, label: LEVEL_OPTIONS[level] })),
        ]}
        onChange={(level) => go(readLogSearch({ ...filter, level }))}
      />
      <div className="tablet-portrait:gap-1 flex items-center">
        <div data-part="span">
          <Menu label="Span of time" icon={<Timer aria-hidden />}>
            <SpanForm filter={filter} go={go} />
          </Menu>
        </div>
        <div data-part="time">
          <Menu label="Go to a time" icon={<CalendarClock aria-hidden />}>
            <TimeForm feed={feed} filter={filter} go={go} onNewest={deeds.last} />
          </Menu>
        </div>
        <div data-part="download">
          <Menu label="Download" icon={<Download aria-hidden />}>
            <DownloadForm id={id} name={name} filter={filter} />
          </Menu>
        </div>
        <Toggle
          label="Wrap long lines"
          isOn={wraps}
          icon={<WrapText aria-hidden />}
          shortcut="w"
          onClick={deeds.wrap}
        />
        <Toggle
          label="Plain text"
          isOn={isPlain}
          icon={<FileText aria-hidden />}
          shortcut="p"
          onClick={() => onPlain(!isPlain)}
        />
        <IconButton
          aria-label="Keys"
          variant="text"
          color="dynamic"
          className="[&_svg]:size-5.5"
          icon={<Keyboard aria-hidden />}
          onClick={deeds.help}
        />
      </div>
    </search>
  );
}

interface ToggleProps {
  label: string;
  isOn: boolean;
  icon: ReactNode;
  shortcut: string;
  onClick: () => void;
}

function Toggle({ label, isOn, icon, shortcut, onClick }: ToggleProps) {
  return (
    <IconButton
      aria-label={label}
      title={label}
      aria-pressed={isOn}
      aria-keyshortcuts={shortcut}
      variant="text"
      color="dynamic"
      className={`[&_svg]:size-5.5 ${isOn ? "text-link bg-surface border-2! border-current" : ""}`}
      icon={icon}
      onClick={onClick}
    />
  );
}
