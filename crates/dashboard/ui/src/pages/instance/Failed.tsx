import type { Tenant } from "@/api";
import { causeOf } from "@/ui/cause";
import { Details, TechnicalDetails } from "@/ui/Details";
import { LastLines } from "@/ui/LastLines";
import { Message } from "@/ui/Message";
import { RelativeTime } from "@/ui/RelativeTime";
import { Words } from "@/ui/Words";

/** Why the last attempt failed, and what helps. */
export function Failed({ tenant: { last_error: error, next_attempt_at } }: { tenant: Tenant }) {
  if (error == null) return null;
  const { words, details } = causeOf(error.cause);
  return (
    <Message kind="danger" title={<Words>{words}</Words>}>
      {error.remedy != null && (
        <p className="mt-1">
          <Words>{error.remedy}</Words>
        </p>
      )}
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
      <TechnicalDetails>{details}</TechnicalDetails>
      {error.last_lines.length > 0 && (
        <Details title="What it wrote last">
          <LastLines label="What it wrote last" lines={error.last_lines} />
        </Details>
      )}
    </Message>
  );
}
