import type { Tenant } from "@/api";
import { sentence } from "@/api/problems";
import { Message } from "@/ui/Message";
import { RelativeTime } from "@/ui/RelativeTime";

/** Why the last attempt failed, and what helps. */
export function Failed({ tenant: { last_error: error, next_attempt_at } }: { tenant: Tenant }) {
  if (error == null) return null;
  return (
    <Message kind="danger" title={sentence(error.cause)}>
      {error.remedy != null && <p className="mt-1">{sentence(error.remedy)}</p>}
      <p className="text-muted mt-1 text-sm">
        That was <RelativeTime at={error.at} />.{" "}
        {next_attempt_at == null ? (
          "It is not tried again before something is changed."
        ) : (
          <>
            It is tried again <RelativeTime at={next_attempt_at} />.
          </>
        )}
      </p>
      {error.last_lines.length > 0 && (
        <details className="mt-3">
          <summary className="text-link min-h-8 cursor-pointer font-bold">What it wrote last</summary>
          <pre className="bg-surface mt-2 rounded-sm p-4 text-sm break-words whitespace-pre-wrap">
            {error.last_lines.join("\n")}
          </pre>
        </details>
      )}
    </Message>
  );
}
