import { ago, moment } from "./time";
import { useNow } from "./useNow";

/** How long ago something was, or how soon it is. Whoever points at it sees when. */
export function RelativeTime({ at }: { at: string }) {
  const now = useNow();
  const then = Date.parse(at);
  return (
    <time dateTime={at} title={moment(then)} className="whitespace-nowrap">
      {ago(then, now)}
    </time>
  );
}
