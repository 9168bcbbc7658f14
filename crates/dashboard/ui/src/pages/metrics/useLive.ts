import { useEffect, useState } from "react";
import { z } from "zod/mini";

import type { MetricsFrame, Trouble, Usage } from "@/api";
import { metricsStream } from "@/api/queries/metrics";
import { openSocket, type SocketState } from "@/api/socket";

import { fresh, type Measure, withSample } from "./measures";

const amount = z.exactOptional(z.nullable(z.number()));
const usage = z.object({
  at: z.string(),
  age: z.number(),
  cpu: z.number(),
  cpu_limit: amount,
  memory: z.number(),
  memory_limit: amount,
  network: z.exactOptional(z.nullable(z.object({ received: z.number(), sent: z.number() }))),
  block: z.exactOptional(z.nullable(z.object({ read: z.number(), written: z.number() }))),
  pids: z.number(),
});
const trouble = z.object({
  kind: z.enum(["memory_high", "cpu_high", "out_of_memory", "disk_high"]),
  since: z.string(),
});
const frame = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("sample"),
    usage: z.exactOptional(z.nullable(usage)),
    troubles: z.catch(z.array(trouble), []),
  }),
  z.object({ type: z.literal("end"), reason: z.string() }),
]);

export interface Live {
  state: SocketState;
  measures: readonly Measure[];
  troubles: readonly Trouble[];
  /** What was last said; null: nothing is measured, as while it does not run. Undefined: nothing yet. */
  usage: Usage | null | undefined;
}

const NOTHING: Live = { state: "connecting", measures: [], troubles: [], usage: undefined };

/** What an instance uses from now on, for the last so many seconds. */
export function useLive(id: string, seconds: number): Live {
  const [live, setLive] = useState(NOTHING);
  useEffect(() => {
    setLive(NOTHING);
    return openSocket<MetricsFrame>({
      path: () => metricsStream(id),
      frame,
      onState: (state) => setLive((now) => ({ ...now, state })),
      onFrame: (said) => {
        if (said.type === "end") return;
        const { troubles } = said;
        const usage = fresh(said.usage);
        const now = Date.now() / 1000;
        setLive(({ state, measures }) => ({
          state,
          measures: withSample(measures, usage, now, seconds),
          troubles,
          usage,
        }));
      },
    });
  }, [id, seconds]);
  return live;
}
