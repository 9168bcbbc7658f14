import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams, useRouter } from "@tanstack/react-router";
import { Box, Building2, ExternalLink, LogOut, Mail, Monitor, Moon, Plus, ShieldCheck, Sun } from "lucide-react";

import { signOut, switchOrganisation, type Tenant } from "@/api";
import { change, hoped, OPERATIONS, type Operation, offered, operate } from "@/api/operations";
import { may } from "@/api/permissions";
import { me } from "@/api/queries/me";
import { found, tenant } from "@/api/queries/tenants";
import { NAVIGATION } from "@/app/navigation";
import { wishTheme } from "@/app/theme";
import { TABS } from "@/pages/instance/tabs";
import { OPERATION_ICONS } from "@/pages/instances/QuickActions";
import { sayRefused } from "@/pages/instances/useOperation";
import { notify } from "@/ui/notify";
import { useSettled } from "@/ui/useSettled";

import { type Command, matching } from "./commands";

/** So many instances are offered. */
const FOUND = 6;
/** With what can be done to each of them, if there are so few. */
const FEW = 2;

export interface Commands {
  commands: Command[];
  /** What the server finds for what was typed is not known yet. */
  isSearching: boolean;
  /** Why instances could not be searched for; null: they could. */
  error: unknown;
}

/** What can be done from here, that fits what was typed; instances are found by the server. */
export function useCommands(typed: string): Commands {
  const here = useHere();
  const word = lastWord(typed);
  const search = useSettled(word, 150);
  const { data, error, isPending, isPlaceholderData } = useQuery(found(search, FOUND));
  const instances = useInstanceCommands();
  const others = useOtherCommands();
  const items = (data?.items ?? []).filter(({ id }) => id !== here?.id);
  const isFew = typed !== "" && items.length <= FEW;
  const all = [
    ...(here === undefined ? [] : instances.whatToDo(here)),
    ...items.map(instances.open),
    ...(isFew ? items.flatMap(instances.whatToDo) : []),
    ...others,
  ];
  const isSearching = word !== search || isPending || isPlaceholderData;
  return { commands: matching(all, typed), isSearching, error: isSearching ? null : error };
}

/** A verb may stand before the name: what is searched for is the last word. */
function lastWord(typed: string): string {
  return typed.trim().toLowerCase().split(/\s+/).at(-1) ?? "";
}

/** The instance whose page is open. */
function useHere(): Tenant | undefined {
  const { id } = useParams({ strict: false });
  return useQuery({ ...tenant(id ?? ""), enabled: id !== undefined }).data;
}

function useInstanceCommands() {
  const navigate = useNavigate();
  const known = useQueryClient();
  const { data: myself } = useQuery(me());
  const act = (operation: Operation, item: Tenant) =>
    change(
      known,
      item,
      () => operate(operation, item),
      (now) => hoped(operation, now),
    ).then(
      () => notify({ title: `${item.subdomain} ${OPERATIONS[operation].becomes}`, variant: "success" }),
      (error: unknown) => sayRefused(item, error),
    );
  const open = (item: Tenant): Command => ({
    id: item.id,
    group: "Instances",
    words: item.subdomain,
    hint: item.url.replace(/^https?:\/\//, ""),
    Icon: Box,
    run: () => navigate({ to: "/instances/$id", params: { id: item.id } }),
  });
  const whatToDo = (item: Tenant): Command[] => {
    const { id, subdomain, status, url } = item;
    const operations = may(myself?.role, "tenant.operate") ? offered(item) : [];
    return [
      ...operations.map((operation) => ({
        id: `${id} ${operation}`,
        group: subdomain,
        words: `${OPERATIONS[operation].verb} ${subdomain}`,
        Icon: OPERATION_ICONS[operation],
        run: () => act(operation, item),
      })),
      ...(status === "active"
        ? [
            {
              id: `${id} open`,
              group: subdomain,
              words: `Open ${subdomain} in a new tab`,
              Icon: ExternalLink,
              run: () => window.open(url, "_blank", "noreferrer"),
            },
          ]
        : []),
      ...TABS.map(({ to, words, Icon }) => ({
        id: `${id} ${to}`,
        group: subdomain,
        words: `${words} of ${subdomain}`,
        Icon,
        run: () => navigate({ to, params: { id } }),
      })),
    ];
  };
  return { open, whatToDo };
}

function useOtherCommands(): Command[] {
  const navigate = useNavigate();
  const router = useRouter();
  const { data: myself } = useQuery(me());
  const role = myself?.role ?? undefined;
  const elsewhere = (myself?.organisations ?? []).filter(({ organisation }) => organisation !== myself?.organisation);
  const leave = () => signOut().finally(() => navigate({ to: "/sign-in", replace: true }));
  const become = async (organisation: string) => {
    await switchOrganisation(organisation);
    await router.navigate({ to: "/instances" });
  };
  return [
    ...(may(role, "tenant.create")
      ? [
          {
            id: "new",
            group: "Actions",
            words: "New instance",
            Icon: Plus,
            run: () => navigate({ to: "/instances/new" }),
          },
        ]
      : []),
    ...NAVIGATION.filter(({ isFor }) => isFor?.(role) ?? true).map(({ to, words, Icon }) => ({
      id: to,
      group: "Pages",
      words,
      Icon,
      run: () => navigate({ to }),
    })),
    {
      id: "security",
      group: "Pages",
      words: "Password and second factor",
      Icon: ShieldCheck,
      run: () => navigate({ to: "/account/security" }),
    },
    {
      id: "letters",
      group: "Pages",
      words: "Letters",
      Icon: Mail,
      run: () => navigate({ to: "/account/letters" }),
    },
    ...elsewhere.map(({ organisation, name }) => ({
      id: organisation,
      group: "Organisations",
      words: `Act in ${name}`,
      Icon: Building2,
      run: () => become(organisation),
    })),
    { id: "light", group: "Colours", words: "Light", Icon: Sun, run: () => wishTheme("light") },
    { id: "dark", group: "Colours", words: "Dark", Icon: Moon, run: () => wishTheme("dark") },
    { id: "system", group: "Colours", words: "As my system", Icon: Monitor, run: () => wishTheme("system") },
    { id: "leave", group: "Actions", words: "Sign out", Icon: LogOut, run: leave },
  ];
}
