import { CircleCheck, CircleHelp, CircleX } from "lucide-react";

import type { ConditionKind, Tenant, Truth } from "@/api";
import { Section } from "@/ui/Section";
import { duration, moment } from "@/ui/time";
import { useNow } from "@/ui/useNow";

const WORDS: Record<ConditionKind, string> = {
  image_present: "The app is on this server",
  database_ready: "Its database is there",
  released: "Its database is prepared",
  running: "It runs",
  ready: "It answers",
  routed: "Its address leads to it",
};

const TRUTHS: Record<Truth, { Icon: typeof CircleCheck; ink: string; says: string }> = {
  true: { Icon: CircleCheck, ink: "text-success", says: "Yes" },
  false: { Icon: CircleX, ink: "text-muted", says: "No" },
  unknown: { Icon: CircleHelp, ink: "text-warning", says: "Not known" },
};

/** Each part of what an instance needs, and since when it is so. */
export function Health({ tenant: { conditions } }: { tenant: Tenant }) {
  const now = useNow();
  return (
    <Section title="Health">
      {conditions.length === 0 ? (
        <p className="text-muted">Nobody has looked yet.</p>
      ) : (
        <ul className="flex flex-col gap-2.5">
          {conditions.map(({ kind, holds, since }) => {
            const { Icon, ink, says } = TRUTHS[holds] ?? TRUTHS.unknown;
            return (
              <li key={kind} className="flex items-start gap-3">
                <Icon aria-label={says} className={`mt-0.5 size-5 shrink-0 ${ink}`} />
                <span className="min-w-0 flex-1">{WORDS[kind] ?? kind}</span>
                <time dateTime={since} title={moment(Date.parse(since))} className="text-muted text-sm tabular-nums">
                  {duration(now - Date.parse(since))}
                </time>
              </li>
            );
          })}
        </ul>
      )}
    </Section>
  );
}
