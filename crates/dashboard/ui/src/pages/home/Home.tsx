import Heading from "@codaco/fresco-ui/typography/Heading";
import { Link } from "@tanstack/react-router";
import {
  Boxes,
  Database,
  DoorClosedLocked,
  Download,
  HandCoins,
  KeyRound,
  Link2,
  type LucideIcon,
  Network,
  ScrollText,
} from "lucide-react";
import type { ReactNode } from "react";

import { QUESTIONS } from "@/pages/about/questions";
import { LinkButton } from "@/ui/LinkButton";
import { useTitle } from "@/ui/Page";
import { Panel } from "@/ui/Panel";
import { Questions } from "@/ui/Questions";

import { Look } from "./Look";

/** The front page: what it gives a researcher, how data are kept apart, what it costs. */
export function Home() {
  useTitle("A Fresco for each study");
  return (
    <div className="tablet-portrait:px-8 mx-auto flex w-full max-w-6xl grow flex-col gap-20 px-4 pt-6 pb-20">
      <Hero />
      <Gives />
      <Apart />
      <Costs />
      <Asked />
      <Last />
    </div>
  );
}

function Begin() {
  return (
    <LinkButton to="/sign-up" size="lg">
      Make your own instance
    </LinkButton>
  );
}

function Hero() {
  return (
    <section className="tablet-landscape:grid-cols-2 tablet-portrait:pt-8 grid grid-cols-[minmax(0,1fr)] items-center gap-12">
      <div className="min-w-0">
        <Heading level="h1" margin="none" className="tablet-portrait:text-5xl text-3xl leading-tight">
          <span className="block">Your study's own</span>
          <span className="block">Fresco, in a minute</span>
        </Heading>
        <p className="text-muted mt-5 max-w-xl text-lg">
          Network Canvas interviews in the browser, on your institution's own server. Each study gets an instance apart
          from all others, and nobody needs to know how servers work.
        </p>
        <div className="mt-8 flex flex-wrap gap-4">
          <Begin />
          <LinkButton to="/support" size="lg" variant="outline">
            How it works
          </LinkButton>
        </div>
      </div>
      <Look />
    </section>
  );
}

interface PointProps {
  Icon: LucideIcon;
  title: string;
  children: ReactNode;
}

function Point({ Icon, title, children }: PointProps) {
  return (
    <li className="flex gap-4">
      <span aria-hidden className="bg-tint flex size-12 shrink-0 items-center justify-center rounded-sm">
        <Icon className="text-link size-6" />
      </span>
      <div className="min-w-0">
        <Heading level="h3" margin="none" className="text-lg">
          {title}
        </Heading>
        <p className="text-muted mt-1">{children}</p>
      </div>
    </li>
  );
}

function Part({ title, lead, children }: { title: string; lead: ReactNode; children: ReactNode }) {
  return (
    <section>
      <div className="mb-8 max-w-2xl">
        <Heading level="h2" margin="none" className="text-3xl text-balance">
          {title}
        </Heading>
        <p className="text-muted mt-3">{lead}</p>
      </div>
      {children}
    </section>
  );
}

const POINTS = "grid gap-8 tablet-portrait:grid-cols-2";

function Gives() {
  return (
    <Part title="From protocol to data" lead="It is Fresco as you know it, with all that your protocols can do.">
      <Panel spacing="generous">
        <ul className={POINTS}>
          <Point Icon={Network} title="Every protocol works">
            Upload the file that you have made in Architect. Interviews run in the browser, on computers and tablets.
          </Point>
          <Point Icon={Link2} title="A link is all that participants need">
            Invite them one by one, or let them enrol themselves by an anonymous link.
          </Point>
          <Point Icon={Download} title="Your data, whenever you want">
            See how interviews come along, and export them for your analysis at any time.
          </Point>
          <Point Icon={Boxes} title="One study, one instance">
            As Fresco's makers advise. At the end of a study you remove just this one, and see exactly what goes.
          </Point>
        </ul>
      </Panel>
    </Part>
  );
}

function Apart() {
  return (
    <Part
      title="Kept apart, by construction"
      lead="For you, and for the people at your institution who ask before you may begin."
    >
      <Panel spacing="generous">
        <ul className={POINTS}>
          <Point Icon={Database} title="A database of its own">
            With a user of its own that can open no other. Its password is made by the platform, stored sealed, and
            shown to nobody.
          </Point>
          <Point Icon={DoorClosedLocked} title="A container of its own">
            Without a way to other instances or to the machine below, and with limits, so that no neighbour takes what
            you need.
          </Point>
          <Point Icon={KeyRound} title="Nobody comes before you">
            Until your first administrator is there, a new instance opens by your personal link only.
          </Point>
          <Point Icon={ScrollText} title="Everything is written down">
            Who changed what, and when, stands in an audit log; roles say who may.
          </Point>
        </ul>
      </Panel>
    </Part>
  );
}

function Costs() {
  return (
    <section className="bg-primary text-primary-contrast tablet-portrait:p-12 rounded p-8">
      <div className="flex flex-wrap items-start gap-8">
        <HandCoins aria-hidden className="size-14 shrink-0" />
        <div className="min-w-0 flex-1 basis-72">
          <Heading level="h2" margin="none" className="text-3xl">
            What it costs you
          </Heading>
          <p className="mt-4 max-w-2xl text-lg">
            Fresco is free software, and so is what runs it here. Your institution gives the server. You give a minute
            to begin, a place for your protocol's media files, and your word for your data: they stay your
            responsibility, as in any study.
          </p>
        </div>
      </div>
    </section>
  );
}

function Asked() {
  return (
    <Part
      title="What people ask first"
      lead={
        <>
          Not there?{" "}
          <Link to="/support" className="inline-link">
            The help page
          </Link>{" "}
          has more.
        </>
      }
    >
      <Panel spacing="generous">
        <Questions questions={QUESTIONS.slice(0, 4)} />
      </Panel>
    </Part>
  );
}

function Last() {
  return (
    <section className="flex flex-col items-center gap-5 text-center">
      <Heading level="h2" margin="none" className="text-3xl text-balance">
        Five short steps, then a minute's wait
      </Heading>
      <p className="text-muted max-w-xl">
        An account, what it is for, an address, the terms, and it is made while you watch. You can leave at any step,
        and come back.
      </p>
      <Begin />
    </section>
  );
}
