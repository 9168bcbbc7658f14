// Every component in every state, for eyes and for axe. A new component gets its place here.

import { Button } from "@codaco/fresco-ui/Button";
import Heading from "@codaco/fresco-ui/typography/Heading";
import { Plus } from "lucide-react";
import { lazy, type ReactNode, Suspense, useState } from "react";

import { ApiError } from "@/api";
import { ConfirmByName } from "@/ui/ConfirmByName";
import { Countdown } from "@/ui/Countdown";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorState } from "@/ui/ErrorState";
import { BrokenIllustration, EmptyIllustration, LetterIllustration, LostIllustration } from "@/ui/illustrations";
import { AnchorButton } from "@/ui/LinkButton";
import { Loading, LoadingRows, LoadingText } from "@/ui/Loading";
import { Logo } from "@/ui/Logo";
import { Message } from "@/ui/Message";
import { notify } from "@/ui/notify";
import { Page } from "@/ui/Page";
import { Panel } from "@/ui/Panel";
import { ReadyIllustration } from "@/ui/ReadyIllustration";
import { RelativeTime } from "@/ui/RelativeTime";
import { StatusBadge } from "@/ui/StatusBadge";

import { Decisions, Many, More, Numbers } from "./Numbers";

// Parts of single pages, which are no lighter here than there.
const FormExamples = lazy(async () => ({ default: (await import("./FormExamples")).FormExamples }));
const LogExamples = lazy(async () => ({ default: (await import("./LogExamples")).LogExamples }));
const WizardParts = lazy(async () => ({ default: (await import("./WizardParts")).WizardParts }));

const STATUSES = [
  "pending",
  "provisioning",
  "active",
  "stopped",
  "error",
  "destroying",
  "destroyed",
  "unknown",
] as const;
const COLORS = ["default", "primary", "success", "info", "warning", "destructive"] as const;
const VARIANTS = ["default", "outline", "text"] as const;

const minutesAway = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();

const failure = new ApiError({
  type: "/api/problems#internal",
  title: "The platform failed",
  status: 500,
  detail: "it is not your fault; tell the operator the request's id",
  instance: "/api/v1/tenants",
  code: "internal",
  request_id: "6f1c3bb0f6c84f0b9d5d8f3a9f0e7c11",
});

export function Gallery() {
  return (
    <Page title="Gallery" lead="Every component in every state.">
      <div className="flex flex-col gap-8">
        <Buttons />
        <Badges />
        <Times />
        <Section title="Numbers and facts">
          <Numbers />
        </Section>
        <Messages />
        <Section title="Forms">
          <Suspense fallback={<Loading />}>
            <FormExamples />
          </Suspense>
        </Section>
        <Overlays />
        <Section title="Decisions">
          <Decisions />
        </Section>
        <States />
        <Pictures />
        <Section title="More">
          <More />
        </Section>
        <Section title="Many">
          <Many />
        </Section>
        <Suspense fallback={<Loading />}>
          <WizardParts />
          <Section title="A log">
            <LogExamples />
          </Section>
        </Suspense>
      </div>
    </Page>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Panel>
      <Heading level="h2" className="mb-5 text-xl">
        {title}
      </Heading>
      <div className="flex flex-col gap-6">{children}</div>
    </Panel>
  );
}

const Row = ({ children }: { children: ReactNode }) => (
  <div className="flex flex-wrap items-center gap-3">{children}</div>
);

function Buttons() {
  return (
    <Section title="Buttons">
      {VARIANTS.map((variant) => (
        <Row key={variant}>
          {COLORS.map((color) => (
            <Button key={color} variant={variant} color={color}>
              {color}
            </Button>
          ))}
        </Row>
      ))}
      <Row>
        {(["sm", "md", "lg"] as const).map((size) => (
          <Button key={size} size={size} color="primary" icon={<Plus aria-hidden />}>
            New instance
          </Button>
        ))}
        <Button color="primary" disabled>
          Not now
        </Button>
        <AnchorButton href="/api/docs" variant="outline">
          A link
        </AnchorButton>
      </Row>
    </Section>
  );
}

function Badges() {
  const [seen] = useState(() => minutesAway(-0.2));
  return (
    <Section title="States of an instance">
      <Row>
        {STATUSES.map((status) => (
          <StatusBadge key={status} status={status} />
        ))}
      </Row>
      <Row>
        {STATUSES.map((status) => (
          <StatusBadge key={status} status={status} observedAt={seen} />
        ))}
      </Row>
    </Section>
  );
}

function Times() {
  const [times] = useState(() => ({
    past: [-0.05, -3, -180, -5_000, -500_000].map(minutesAway),
    future: [75, 4.4, 1.2, -1].map(minutesAway),
  }));
  return (
    <Section title="Times">
      <Row>
        {times.past.map((at) => (
          <RelativeTime key={at} at={at} />
        ))}
      </Row>
      <Row>
        {times.future.map((until) => (
          <Countdown key={until} until={until} label="Set-up window" />
        ))}
      </Row>
    </Section>
  );
}

function Messages() {
  return (
    <Section title="Messages">
      <Message title="For your information">Its next backup is made at night.</Message>
      <Message kind="success" title="Your study runs" action={<Button size="sm">Open it</Button>}>
        It answers at its address.
      </Message>
      <Message kind="warning" title="Nobody has set it up">
        The set-up window ends in 12 minutes.
      </Message>
      <Message kind="danger" title="The image could not be had">
        The registry does not know it. Choose another version.
      </Message>
    </Section>
  );
}

function Overlays() {
  const [open, setOpen] = useState(false);
  return (
    <Section title="What lies above the page">
      <Row>
        <Button color="destructive" onClick={() => setOpen(true)}>
          Destroy…
        </Button>
        {(["default", "info", "success", "destructive"] as const).map((variant) => (
          <Button
            key={variant}
            variant="outline"
            onClick={() =>
              notify({ title: "my-study restarts", description: "It answers again in a moment.", variant })
            }
          >
            Toast: {variant}
          </Button>
        ))}
      </Row>
      <ConfirmByName
        open={open}
        onClose={() => setOpen(false)}
        title="Destroy my-study?"
        name="my-study"
        confirm="Destroy my-study"
        onConfirm={() => Promise.resolve()}
      >
        <p>These go, and can be brought back for a day:</p>
        <ul className="list-disc pl-6">
          <li>its database, 128 MB</li>
          <li>its address, my-study.example.org</li>
        </ul>
      </ConfirmByName>
    </Section>
  );
}

function States() {
  return (
    <>
      <Section title="Nothing yet">
        <EmptyState
          heading="No instance yet"
          level="h3"
          illustration={<EmptyIllustration />}
          action={<Button color="primary">New instance</Button>}
        >
          An instance is your study's own Fresco.
        </EmptyState>
      </Section>
      <Section title="On its way">
        <Loading />
        <LoadingText />
        <LoadingRows rows={2} />
      </Section>
      <Section title="Not to be had">
        <ErrorState error={failure} level="h3" onRetry={() => undefined} />
        <ErrorState error={new TypeError("fetch")} level="h3" onRetry={() => undefined} />
        <ErrorState error={new Error("x")} level="h3" />
      </Section>
    </>
  );
}

function Pictures() {
  return (
    <Section title="Pictures">
      <Row>
        <Logo />
        <EmptyIllustration />
        <BrokenIllustration />
        <LostIllustration />
        <LetterIllustration />
        <ReadyIllustration />
      </Row>
    </Section>
  );
}
