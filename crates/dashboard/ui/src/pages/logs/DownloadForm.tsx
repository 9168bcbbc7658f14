import { Button } from "@codaco/fresco-ui/Button";
import { Download, X } from "lucide-react";
import { useRef, useState } from "react";

import { exportLogs, type LogExport, type LogFilter } from "@/api/queries/logs";
import { bytes } from "@/ui/amounts";
import { notify, notifyTrouble } from "@/ui/notify";
import { save } from "@/ui/save";

import { isFiltered } from "./search";
import { spanWords } from "./words";

/** What a browser is asked to take, of text: twenty million letters are long enough for an editor. */
const LIMIT = 64 * 1024 * 1024;

interface DownloadFormProps {
  id: string;
  name: string;
  filter: LogFilter;
}

/** The log as a file: as text, or for programs. */
export function DownloadForm({ id, name, filter }: DownloadFormProps) {
  const isSpan = filter.since !== undefined || filter.until !== undefined;
  const running = useRef<AbortController>(undefined);
  const [isBusy, setBusy] = useState(false);
  const load = async (format: LogExport["format"]) => {
    running.current = new AbortController();
    setBusy(true);
    try {
      const wish = { ...filter, format, gzip: false, bytes: LIMIT };
      const blob = await exportLogs(id, wish, running.current.signal);
      const file = `${name}.${format === "text" ? "log" : "ndjson"}`;
      save(blob, file);
      notify({ title: `${file} is yours`, description: bytes(blob.size), variant: "success" });
    } catch (error) {
      if (running.current.signal.aborted) return;
      notifyTrouble(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="flex w-72 max-w-full flex-col gap-3 p-3">
      <p>
        {isFiltered(filter) ? "What matches" : "All that is kept"}
        {isSpan && <> {spanWords(filter)}</>}, the oldest first, up to {bytes(LIMIT)}. The last line says so if there is
        more.
      </p>
      {isBusy ? (
        <Button size="sm" variant="outline" icon={<X aria-hidden />} onClick={() => running.current?.abort()}>
          Stop the download
        </Button>
      ) : (
        <>
          <Button size="sm" color="primary" icon={<Download aria-hidden />} onClick={() => void load("text")}>
            As text
          </Button>
          <Button
            size="sm"
            variant="outline"
            color="primary"
            icon={<Download aria-hidden />}
            onClick={() => void load("ndjson")}
          >
            For programs (JSON lines)
          </Button>
        </>
      )}
      <p role="status" className="text-muted text-sm empty:hidden">
        {isBusy ? "It is being read…" : ""}
      </p>
    </div>
  );
}
