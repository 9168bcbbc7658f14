import { IconButton } from "@codaco/fresco-ui/Button";
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { Menu, X } from "lucide-react";
import { useEffect, useState } from "react";

import { useLiveInstances } from "@/api/queries/live";
import { me } from "@/api/queries/me";
import { Logo } from "@/ui/Logo";
import { Notices } from "./Notices";
import { NAVIGATION } from "./navigation";
import { OrganisationSwitcher } from "./OrganisationSwitcher";
import { PaletteButton } from "./palette/PaletteButton";
import { TermsGate } from "./TermsGate";
import { ThemeMenu } from "./ThemeMenu";
import { UserMenu } from "./UserMenu";
import { useWayOut } from "./useWayOut";

/** Pages for who has signed in: navigation beside them, or above them where there is no room. */
export function SignedInLayout() {
  useWayOut();
  useLiveInstances();
  // One's own account stays within reach, also of who doesn't accept what is new.
  const isOwn = useRouterState({ select: ({ location }) => location.pathname.startsWith("/account/") });
  return (
    <div className="mx-auto flex w-full max-w-[96rem] grow flex-col tablet-landscape:flex-row">
      <Sidebar />
      <div className="flex min-w-0 grow flex-col">
        <TopBar />
        <main id="main" className="flex grow flex-col">
          <Notices />
          {isOwn ? (
            <Outlet />
          ) : (
            <TermsGate>
              <Outlet />
            </TermsGate>
          )}
        </main>
      </div>
    </div>
  );
}

function Sidebar() {
  const [open, setOpen] = useState(false);
  const path = useRouterState({ select: ({ location }) => location.pathname });
  // biome-ignore lint/correctness/useExhaustiveDependencies: closed by whatever leads to another page
  useEffect(() => setOpen(false), [path]);
  return (
    <header className="flex shrink-0 flex-col gap-4 px-4 pt-4 tablet-portrait:px-8 tablet-landscape:sticky tablet-landscape:top-0 tablet-landscape:h-dvh tablet-landscape:w-64 tablet-landscape:px-5 tablet-landscape:py-6">
      <div className="flex items-center justify-between gap-2">
        <Link to="/instances" className="rounded-sm" aria-label="My instances">
          <Logo />
        </Link>
        <div className="flex items-center gap-1 tablet-landscape:hidden">
          <PaletteButton />
          <ThemeMenu />
          <UserMenu />
          <IconButton
            aria-label={open ? "Close the navigation" : "Open the navigation"}
            aria-expanded={open}
            aria-controls="navigation"
            variant="text"
            color="dynamic"
            size="sm"
            icon={open ? <X aria-hidden /> : <Menu aria-hidden />}
            onClick={() => setOpen(!open)}
          />
        </div>
      </div>
      <div id="navigation" className={`${open ? "flex" : "hidden"} grow flex-col gap-4 tablet-landscape:flex`}>
        <OrganisationSwitcher />
        <Navigation />
      </div>
    </header>
  );
}

function Navigation() {
  const role = useQuery(me()).data?.role;
  return (
    <nav aria-label="Main" className="flex flex-col gap-1">
      {NAVIGATION.filter(({ isFor }) => isFor?.(role ?? undefined) ?? true).map(({ to, words, Icon }) => (
        <Link
          key={to}
          to={to}
          className="hover:bg-surface flex min-h-11 items-center gap-3 rounded-sm px-4 py-2 font-bold"
          activeProps={{ className: "bg-surface text-link shadow-sm", "aria-current": "page" }}
        >
          <Icon aria-hidden className="size-5 shrink-0" />
          {words}
        </Link>
      ))}
    </nav>
  );
}

function TopBar() {
  return (
    <section aria-label="You" className="tablet-landscape:flex hidden items-center gap-2 px-8 pt-5">
      <div className="grow">
        <PaletteButton isWide />
      </div>
      <ThemeMenu />
      <UserMenu />
    </section>
  );
}
