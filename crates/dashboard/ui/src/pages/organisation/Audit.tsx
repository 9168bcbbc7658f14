import { Button } from "@codaco/fresco-ui/Button";
import NativeSelect from "@codaco/fresco-ui/form/fields/Select/Native";
import { useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Download } from "lucide-react";

import { type AuditLine, api, type Myself } from "@/api";
import { may } from "@/api/permissions";
import { me, useMay } from "@/api/queries/me";
import { type AuditFilter, audit, members } from "@/api/queries/organisations";
import { EmptyState } from "@/ui/EmptyState";
import { Loaded } from "@/ui/Loaded";
import { LoadingRows } from "@/ui/Loading";
import { notifyTrouble } from "@/ui/notify";
import { Page } from "@/ui/Page";
import { Panel } from "@/ui/Panel";
import { RelativeTime } from "@/ui/RelativeTime";
import { save } from "@/ui/save";
import { exactly } from "@/ui/time";

import { beginOf, dayFrom, dayUntil, endOf } from "./days";
import { readAuditFilter } from "./filter";
import { hereOf, NoOrganisation } from "./NoOrganisation";

/** Who did what to what, in the organisation that one acts in. */
export function Audit() {
  const filter = useSearch({ from: "/signed-in/audit" });
  const query = useQuery(me());
  const mayLook = useMay("audit.view");
  const organisation = query.data?.organisation;
  return (
    <Page
      title="Audit log"
      lead="Who did what to what. Nothing in it can be changed."
      actions={mayLook && organisation != null && <Export organisation={organisation} filter={filter} />}
    >
      <Loaded query={query}>{(myself) => <Here myself={myself} filter={filter} />}</Loaded>
    </Page>
  );
}

function Here({ myself, filter }: { myself: Myself; filter: AuditFilter }) {
  const here = hereOf(myself);
  if (here === undefined) return <NoOrganisation myself={myself} />;
  if (!may(myself.role, "audit.view")) {
    return <EmptyState heading="Not with your role">Administrators of an organisation read its audit log.</EmptyState>;
  }
  return (
    <>
      <Filters organisation={here.organisation} filter={filter} />
      <Lines organisation={here.organisation} filter={filter} />
    </>
  );
}

interface AuditProps {
  organisation: string;
  filter: AuditFilter;
}

const NOUNS: [string, string][] = [
  ["tenant", "Instances"],
  ["member", "Members"],
  ["invitation", "Invitations"],
  ["organisation", "The organisation"],
  ["api_key", "API keys"],
];

function Filters({ organisation, filter }: AuditProps) {
  const navigate = useNavigate();
  const people = useQuery(members(organisation)).data?.items ?? [];
  const become = (change: AuditFilter) =>
    void navigate({ to: "/audit", search: readAuditFilter({ ...filter, ...change }), replace: true });
  return (
    <search className="mb-6 flex flex-wrap items-center gap-3">
      <NativeSelect
        aria-label="What it was about"
        name="action"
        size="sm"
        className="tablet-portrait:w-52 w-full"
        value={filter.action ?? "all"}
        options={[{ value: "all", label: "About everything" }, ...NOUNS.map(([value, label]) => ({ value, label }))]}
        onChange={(value) => become({ action: value === "all" ? "" : String(value) })}
      />
      <NativeSelect
        aria-label="Who did it"
        name="actor"
        size="sm"
        className="tablet-portrait:w-52 w-full"
        value={filter.actor ?? "all"}
        options={[
          { value: "all", label: "By everybody" },
          ...people.map(({ user, name }) => ({ value: user, label: name })),
        ]}
        onChange={(value) => become({ actor: value === "all" ? "" : String(value) })}
      />
      <Day words="From" day={dayFrom(filter.from)} onChange={(day) => become({ from: beginOf(day) })} />
      <Day words="Until" day={dayUntil(filter.until)} onChange={(day) => become({ until: endOf(day) })} />
    </search>
  );
}

function Day({ words, day, onChange }: { words: string; day: string; onChange: (day: string) => void }) {
  return (
    <label className="flex min-h-11 items-center gap-2 text-sm">
      {words}
      <input
        type="date"
        className="bg-input text-input-contrast border-edge min-h-11 rounded-sm border-2 px-3"
        value={day}
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  );
}

function Lines({ organisation, filter }: AuditProps) {
  const query = useInfiniteQuery(audit(organisation, filter));
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  return (
    <Loaded query={query} loading={<LoadingRows rows={6} />}>
      {({ pages }) => (
        <Found
          all={pages.flatMap(({ items }) => items)}
          hasMore={hasNextPage}
          isLoadingMore={isFetchingNextPage}
          onMore={() => void fetchNextPage()}
        />
      )}
    </Loaded>
  );
}

interface FoundProps {
  all: readonly AuditLine[];
  hasMore: boolean;
  isLoadingMore: boolean;
  onMore: () => void;
}

function Found({ all, hasMore, isLoadingMore, onMore }: FoundProps) {
  if (all.length === 0) return <EmptyState heading="Nothing is like that">No line fits what you ask for.</EmptyState>;
  return (
    <>
      <Panel spacing="none">
        <ul aria-label="Lines, the newest first" className="flex flex-col">
          {all.map((line) => (
            <Line key={line.id} line={line} />
          ))}
        </ul>
      </Panel>
      {hasMore && (
        <div className="mt-6 flex justify-center">
          <Button variant="outline" aria-disabled={isLoadingMore} onClick={() => !isLoadingMore && onMore()}>
            Show older
          </Button>
        </div>
      )}
    </>
  );
}

const RESULTS: Record<string, string> = { done: "text-success", refused: "text-warning", failed: "text-destructive" };

function Line({ line: { at, actor, action, target, result, address } }: { line: AuditLine }) {
  return (
    <li className="border-outline flex flex-wrap items-baseline gap-x-5 gap-y-1 border-b px-6 py-3 last:border-b-0">
      <span className="text-muted w-44 text-sm">
        <span className="text-text block whitespace-nowrap tabular-nums">{exactly(Date.parse(at))}</span>
        <RelativeTime at={at} />
      </span>
      <span className="min-w-0 flex-1 basis-64 break-words">
        <strong>{actor.label}</strong>
        {actor.kind !== "user" && <span className="text-muted text-sm"> ({actor.kind.replace("_", " ")})</span>} ·{" "}
        <code className="text-sm">{action}</code> · {target.label}
      </span>
      <span className="text-muted text-sm">{address}</span>
      <span className={`text-sm font-bold ${RESULTS[result] ?? ""}`}>{result}</span>
    </li>
  );
}

function Export({ organisation, filter }: AuditProps) {
  const take = useMutation({
    mutationFn: async () => {
      const { data, response } = await api.GET("/api/v1/audit/export", {
        params: { query: { organisation, ...filter } },
        parseAs: "blob",
      });
      if (data === undefined) throw new Error(`the server answered with ${response.status}`);
      save(data as Blob, "audit.jsonl");
    },
    onError: notifyTrouble,
  });
  return (
    <Button
      variant="outline"
      color="primary"
      icon={<Download aria-hidden />}
      aria-disabled={take.isPending}
      onClick={() => !take.isPending && take.mutate()}
    >
      Export
    </Button>
  );
}
