import { Button } from "@codaco/fresco-ui/Button";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { MonitorSmartphone } from "lucide-react";

import { api, expect, type Session } from "@/api";
import { trouble } from "@/api/problems";
import { sessions } from "@/api/queries/sessions";
import { Loaded } from "@/ui/Loaded";
import { LoadingRows } from "@/ui/Loading";
import { Message } from "@/ui/Message";
import { notify } from "@/ui/notify";
import { Page } from "@/ui/Page";
import { Panel } from "@/ui/Panel";
import { RelativeTime } from "@/ui/RelativeTime";

/** Where one is signed in. Letters about a new sign-in lead here. */
export function Sessions() {
  const known = useQueryClient();
  const query = useQuery(sessions());
  const end = useMutation({
    mutationFn: (which: string) =>
      which === "others"
        ? expect(api.DELETE("/api/v1/me/sessions"))
        : expect(api.DELETE("/api/v1/me/sessions/{session}", { params: { path: { session: which } } })),
    onSuccess: (_, which) =>
      which === "others" && notify({ title: "All other sessions have ended", variant: "success" }),
    onSettled: () => known.invalidateQueries(sessions()),
  });
  const busy = end.isPending;
  const hasOthers = query.data?.items.some(({ current }) => !current) ?? false;
  return (
    <Page
      title="Where I am signed in"
      lead="If you don't know one of these, end it, and change your password."
      width="narrow"
      actions={
        // It stays for who has just pressed it: what goes takes the focus with it.
        (hasOthers || end.variables === "others") && (
          <Button
            variant="outline"
            color="primary"
            aria-disabled={busy || !hasOthers}
            onClick={() => !busy && hasOthers && end.mutate("others")}
          >
            End all others
          </Button>
        )
      }
    >
      {end.isError && (
        <div className="mb-6">
          <Message kind="danger" title={trouble(end.error).title}>
            {trouble(end.error).detail}
          </Message>
        </div>
      )}
      <Loaded query={query} loading={<LoadingRows rows={2} />}>
        {({ items }) => (
          <ul className="flex flex-col gap-4">
            {items.map((session) => (
              <Row key={session.id} session={session} busy={busy} onEnd={() => end.mutate(session.id)} />
            ))}
          </ul>
        )}
      </Loaded>
    </Page>
  );
}

function Row({ session, busy, onEnd }: { session: Session; busy: boolean; onEnd: () => void }) {
  return (
    <li>
      <Panel spacing="none" className="flex flex-wrap items-center gap-x-5 gap-y-3 px-6 py-5">
        <MonitorSmartphone aria-hidden className="text-muted size-7 shrink-0" />
        <div className="min-w-0 flex-1 basis-56">
          <p className="font-bold break-words">{browser(session.user_agent)}</p>
          <p className="text-muted text-sm">
            {session.address} · used <RelativeTime at={session.last_used_at} />
          </p>
        </div>
        {session.current ? (
          <span className="text-success font-bold">This browser</span>
        ) : (
          <Button
            size="sm"
            variant="outline"
            color="primary"
            aria-disabled={busy}
            aria-label={`End the session of ${browser(session.user_agent)} at ${session.address}`}
            onClick={() => !busy && onEnd()}
          >
            End it
          </Button>
        )}
      </Panel>
    </li>
  );
}

/** What a browser says of itself, in short: anybody may call themselves anything. */
function browser(agent: string): string {
  const [, name] = /(Edg|OPR|Firefox|Chrome|Safari)\//.exec(agent) ?? [];
  const [, system] = /(Windows|Android|iPhone|iPad|Mac OS X|Linux)/.exec(agent) ?? [];
  const known: Record<string, string> = { Edg: "Edge", OPR: "Opera" };
  if (name === undefined) return agent === "" ? "A program" : agent.slice(0, 60);
  return `${known[name] ?? name}${system === undefined ? "" : ` on ${system}`}`;
}
