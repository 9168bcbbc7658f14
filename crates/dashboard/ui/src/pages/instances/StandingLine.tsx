import type { Tenant } from "@/api";
import { duration, moment } from "@/ui/time";
import { useNow } from "@/ui/useNow";

import { standing } from "./standing";

/** What an instance should be, and what it is or is becoming, with its age. */
export function StandingLine({ tenant }: { tenant: Tenant }) {
  const { intent, fact, since, until } = standing(tenant);
  return (
    <span className="block text-sm break-words">
      <span className="font-bold">{intent}</span>
      <span className="text-muted">
        {" "}
        · {fact}
        {since !== undefined && <Age of={since} />}
        {until !== undefined && <Left until={until} />}
      </span>
    </span>
  );
}

function Age({ of }: { of: string }) {
  const then = Date.parse(of);
  return (
    <>
      ,{" "}
      <time dateTime={of} title={moment(then)} className="whitespace-nowrap tabular-nums">
        {duration(useNow() - then)}
      </time>
    </>
  );
}

function Left({ until }: { until: string }) {
  const then = Date.parse(until);
  return (
    <>
      {" "}
      <time dateTime={until} title={moment(then)} className="whitespace-nowrap tabular-nums">
        {duration(then - useNow())}
      </time>
    </>
  );
}
