import { UsageCells } from "@/pages/instances/UsageCells";
import { Fact, Facts } from "@/ui/Facts";
import { RelativeTime } from "@/ui/RelativeTime";
import { Section } from "@/ui/Section";

import { ClaimWindow } from "./ClaimWindow";
import { Failed } from "./Failed";
import { Health } from "./Health";
import { PlanSection } from "./PlanSection";
import { Release } from "./Release";
import { RightNow } from "./RightNow";
import { Undo } from "./Undo";
import { useInstance } from "./useInstance";

/** How an instance is, what is done about it, and what comes next. */
export function Overview() {
  const tenant = useInstance();
  const { first_run, limits, created_at } = tenant;
  return (
    <div className="laptop:grid-cols-[minmax(0,1fr)_20rem] grid gap-6">
      <div className="flex min-w-0 flex-col gap-6">
        <Undo tenant={tenant} />
        <Failed tenant={tenant} />
        <RightNow tenant={tenant} />
        <ClaimWindow tenant={tenant} />
        <Release tenant={tenant} />
        <PlanSection tenant={tenant} />
      </div>
      <div className="flex min-w-0 flex-col gap-6">
        <Health tenant={tenant} />
        <Section title="Use">
          <UsageCells tenant={tenant} />
        </Section>
        <Section title="About">
          <Facts>
            <Fact name="App">{tenant.app}</Fact>
            {limits != null && (
              <Fact name="It may use">
                {limits.memory} of memory, {limits.cpus} {limits.cpus === 1 ? "core" : "cores"}, {limits.pids} processes
              </Fact>
            )}
            {first_run?.set_up_at != null && (
              <Fact name="Set up">
                <RelativeTime at={first_run.set_up_at} />
              </Fact>
            )}
            <Fact name="Made">
              <RelativeTime at={created_at} />
            </Fact>
            <Fact name="Its number, if you ask for help">
              <code className="text-sm break-all">{tenant.id}</code>
            </Fact>
          </Facts>
        </Section>
      </div>
    </div>
  );
}
