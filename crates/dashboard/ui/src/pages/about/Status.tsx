import { Button } from "@codaco/fresco-ui/Button";
import Heading from "@codaco/fresco-ui/typography/Heading";
import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { CircleCheck, CircleX, LoaderCircle, type LucideIcon, RotateCw } from "lucide-react";

import { trouble } from "@/api/problems";
import { live, ready } from "@/api/queries/health";
import { Page } from "@/ui/Page";
import { Panel } from "@/ui/Panel";
import { RelativeTime } from "@/ui/RelativeTime";

type Look = UseQueryResult<unknown>;

/** How the platform is, asked of itself. */
export function Status() {
  const [alive, able] = [useQuery(live()), useQuery(ready())];
  const looks = [alive, able];
  const again = () => {
    for (const look of looks) void look.refetch();
  };
  return (
    <Page
      title="Status"
      lead="How this platform is just now. Instances don't depend on it: those that run go on when it does not answer."
      width="narrow"
      actions={
        <Button variant="outline" icon={<RotateCw aria-hidden />} onClick={again}>
          Look again
        </Button>
      }
    >
      <Panel spacing="generous">
        <Verdict looks={looks} />
        <ul className="divide-outline mt-6 divide-y-2">
          <Part name="The platform" good="It answers" look={alive} />
          <Part name="Its work" good="Its database answers; instances can be made and changed" look={able} />
        </ul>
      </Panel>
    </Page>
  );
}

const GOOD = { Icon: CircleCheck, ink: "text-success" };
const BAD = { Icon: CircleX, ink: "text-destructive" };
const UNKNOWN = { Icon: LoaderCircle, ink: "text-muted" };

/** The newest answer counts, not an older good one. */
function standing({ isSuccess, isError }: Look): { Icon: LucideIcon; ink: string } {
  if (isError) return BAD;
  return isSuccess ? GOOD : UNKNOWN;
}

function Verdict({ looks }: { looks: readonly Look[] }) {
  const worst = [BAD, UNKNOWN, GOOD].find((kind) => looks.some((look) => standing(look) === kind)) ?? UNKNOWN;
  const { Icon, ink } = worst;
  const words = worst === GOOD ? "All is well" : worst === BAD ? "Something is wrong" : "Looking…";
  const since = Math.max(...looks.map(({ dataUpdatedAt, errorUpdatedAt }) => Math.max(dataUpdatedAt, errorUpdatedAt)));
  return (
    <div className="flex flex-wrap items-center gap-4">
      <Icon aria-hidden className={`size-10 shrink-0 ${ink} ${worst === UNKNOWN ? "animate-spin" : ""}`} />
      <div>
        <Heading level="h2" margin="none" className="text-2xl">
          <span role="status">{words}</span>
        </Heading>
        <p className="text-muted min-h-6 text-sm">
          {since > 0 && (
            <>
              Looked <RelativeTime at={new Date(since).toISOString()} />
            </>
          )}
        </p>
      </div>
    </div>
  );
}

function Part({ name, good, look }: { name: string; good: string; look: Look }) {
  const { Icon, ink } = standing(look);
  const words = look.isError ? trouble(look.error).detail : look.isSuccess ? good : "Looking…";
  return (
    <li className="flex items-start gap-4 py-4">
      <Icon aria-hidden className={`mt-0.5 size-6 shrink-0 ${ink} ${Icon === LoaderCircle ? "animate-spin" : ""}`} />
      <span className="min-w-0">
        <span className="block font-bold">{name}</span>
        <span className="text-muted block break-words">{words}</span>
      </span>
    </li>
  );
}
