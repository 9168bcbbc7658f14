import Heading from "@codaco/fresco-ui/typography/Heading";
import { Link } from "@tanstack/react-router";
import { Activity, BookOpen, Braces, ExternalLink, type LucideIcon, Network } from "lucide-react";
import type { ReactNode } from "react";

import { Page } from "@/ui/Page";
import { Panel } from "@/ui/Panel";
import { Questions } from "@/ui/Questions";

import { HelpForm } from "./HelpForm";
import { QUESTIONS } from "./questions";

const LINKS: readonly [href: string, title: string, text: string, Icon: LucideIcon][] = [
  [
    "https://documentation.networkcanvas.com",
    "Using Fresco",
    "Its makers' documentation: protocols, participants, interviews, export.",
    BookOpen,
  ],
  [
    "https://networkcanvas.com",
    "Network Canvas",
    "The project behind Fresco, its other programs, and its people.",
    Network,
  ],
  ["/api/docs", "For programs", "What these pages do can be done by a program of yours, too.", Braces],
];

/** Where help is: to read, and whom to ask. */
export function Support() {
  return (
    <Page title="Help" lead="Most questions are about Fresco, or about this installation. Each has its place.">
      <div className="flex flex-col gap-8">
        <ul className="tablet-landscape:grid-cols-3 grid gap-5">
          {LINKS.map(([href, title, text, Icon]) => (
            <li key={href}>
              <Panel className="flex h-full flex-col gap-3">
                <Icon aria-hidden className="text-link size-8" />
                <a
                  href={href}
                  target="_blank"
                  rel="noreferrer"
                  className="inline-link font-heading inline-flex items-center gap-2 text-lg font-bold"
                >
                  {title}
                  <ExternalLink aria-hidden className="size-4 shrink-0" />
                </a>
                <p className="text-muted">{text}</p>
              </Panel>
            </li>
          ))}
        </ul>
        <Panel spacing="generous">
          <Heading level="h2" className="mb-4 text-xl">
            Questions and answers
          </Heading>
          <Questions questions={QUESTIONS} />
        </Panel>
        <Asking />
      </div>
    </Page>
  );
}

function Asking() {
  return (
    <Panel spacing="generous">
      <Heading level="h2" className="mb-4 text-xl">
        Whom to ask
      </Heading>
      <div className="flex max-w-2xl flex-col gap-3">
        <p>
          This installation is run by your institution, or by somebody it trusts: for an account, for more instances, or
          when something fails again and again, ask there.
        </p>
        <p>When you ask, say:</p>
        <ul className="list-disc pl-6">
          <li>the address of your instance,</li>
          <li>what you did, and when,</li>
          <li>the number of the request, if the page has shown one.</li>
        </ul>
        <p>Never send a password, a code, or a link from a letter.</p>
        <div className="mt-4">
          <HelpForm />
        </div>
        <More to="/status">
          <Activity aria-hidden className="size-5 shrink-0" /> How the platform is just now
        </More>
      </div>
    </Panel>
  );
}

function More({ to, children }: { to: "/status"; children: ReactNode }) {
  return (
    <Link to={to} className="inline-link mt-2 inline-flex items-center gap-2 self-start">
      {children}
    </Link>
  );
}
