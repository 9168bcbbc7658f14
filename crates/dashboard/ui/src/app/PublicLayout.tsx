import { Link, Outlet } from "@tanstack/react-router";
import { type ReactNode, useSyncExternalStore } from "react";

import { session } from "@/api";
import { LinkButton } from "@/ui/LinkButton";
import { Logo } from "@/ui/Logo";

import { ThemeMenu } from "./ThemeMenu";

/** Pages for everybody. */
export function PublicLayout() {
  return (
    <PublicFrame>
      <Outlet />
    </PublicFrame>
  );
}

/** The same around something that is no route's. */
export function PublicFrame({ children }: { children: ReactNode }) {
  return (
    <>
      <PublicHeader />
      <main id="main" className="flex grow flex-col">
        {children}
      </main>
      <Footer />
    </>
  );
}

function PublicHeader() {
  const { kind } = useSyncExternalStore(session.subscribe, () => session.state);
  return (
    <header className="mx-auto flex w-full max-w-6xl items-center justify-between gap-2 px-4 py-4 tablet-portrait:px-8">
      <Link to="/" className="rounded-sm" aria-label="Front page">
        <Logo />
      </Link>
      <div className="flex items-center gap-2">
        <ThemeMenu />
        <LinkButton to={kind === "out" ? "/sign-in" : "/instances"} size="sm" variant="outline" color="primary">
          {kind === "out" ? "Sign in" : "Instances"}
        </LinkButton>
      </div>
    </header>
  );
}

const ABOUT = [
  ["/support", "Help"],
  ["/status", "Status"],
  ["/terms", "Terms"],
  ["/privacy", "Privacy"],
] as const;

function Footer() {
  return (
    <footer className="text-muted mx-auto flex w-full max-w-6xl flex-wrap gap-x-8 gap-y-2 px-4 py-8 [&>*]:text-sm tablet-portrait:px-8">
      <p className="grow">Fresco is free software by the Complex Data Collective. Your data stays on this server.</p>
      <nav aria-label="About" className="flex flex-wrap gap-x-6 gap-y-2">
        {ABOUT.map(([to, words]) => (
          <Link key={to} to={to} className="inline-link">
            {words}
          </Link>
        ))}
        <a className="inline-link" href="/api/docs">
          API
        </a>
        <a className="inline-link" href="https://documentation.networkcanvas.com" rel="noreferrer">
          Fresco's documentation
        </a>
      </nav>
    </footer>
  );
}
