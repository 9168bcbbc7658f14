import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useSyncExternalStore } from "react";

import { api, expect, type Myself, session, signOut, type UseCase, type WizardStep } from "@/api";
import { isProblem, trouble } from "@/api/problems";
import { me } from "@/api/queries/me";
import { AskButton } from "@/ui/AskButton";
import { LinkButton } from "@/ui/LinkButton";
import { Loaded } from "@/ui/Loaded";
import { LoadingText } from "@/ui/Loading";
import { Message } from "@/ui/Message";

import { Go, Refusal } from "./Go";
import { SignInHere } from "./SignInHere";
import { CHOICES } from "./UseCaseStep";

/** How often it is asked whether the letter was opened, in milliseconds. */
const PERIOD = 3_000;

interface ReadyStepProps {
  /** Whose draft it is; left out: of who is in. */
  email?: string;
  useCase: UseCase | null | undefined;
  url: string | null | undefined;
  terms?: string | undefined;
  /** Gives the instance's id. */
  onDeploy: () => Promise<string>;
  onDone: (tenant: string) => Promise<unknown>;
  /** After who is in has changed. */
  onEntered: () => void;
}

/** All that was decided, once more, and what has still to happen before it is made. */
export function ReadyStep({ email, useCase, url, terms, onDeploy, onDone, onEntered }: ReadyStepProps) {
  const { kind } = useSyncExternalStore(session.subscribe, () => session.state);
  return (
    <>
      <dl className="divide-outline mb-8 divide-y-2">
        {email !== undefined && <Row name="Account">{email}</Row>}
        <Row name="Purpose" step="use_case">
          {useCase?.description ?? CHOICES.find(({ value }) => value === useCase?.kind)?.title}
        </Row>
        <Row name="Address" step="subdomain">
          {url}
        </Row>
        {terms !== undefined && <Row name="Terms">Version {terms}, accepted</Row>}
      </dl>
      {kind === "in" ? (
        <Gate email={email} onDeploy={onDeploy} onDone={onDone} onLeft={onEntered} />
      ) : (
        <SignInFirst email={email ?? ""} onDone={onEntered} />
      )}
    </>
  );
}

function Row({ name, step, children }: { name: string; step?: WizardStep; children: ReactNode }) {
  return (
    <div className="flex flex-wrap items-baseline gap-x-4 gap-y-1 py-3">
      <dt className="text-muted w-24 shrink-0 text-sm">{name}</dt>
      <dd className="min-w-0 flex-1 basis-40 font-bold break-words">{children}</dd>
      {step !== undefined && (
        <dd>
          <Link to="/sign-up" search={{ step }} hash={true} className="inline-link text-sm">
            Change<span className="sr-only"> {name.toLowerCase()}</span>
          </Link>
        </dd>
      )}
    </div>
  );
}

function SignInFirst({ email, onDone }: { email: string; onDone: () => void }) {
  return (
    <>
      <p className="mb-6">Sign in, and it can be made.</p>
      <SignInHere email={email} onDone={onDone} />
    </>
  );
}

interface GateProps extends Pick<ReadyStepProps, "onDeploy" | "onDone"> {
  email: string | undefined;
  onLeft: () => void;
}

function Gate(props: GateProps) {
  const query = useQuery({
    ...me(),
    refetchInterval: ({ state }) => (state.data?.email_verified && !state.data.awaiting_approval ? false : PERIOD),
  });
  return (
    <Loaded query={query} loading={<LoadingText lines={2} />}>
      {(myself) => <Deploy myself={myself} {...props} />}
    </Loaded>
  );
}

function Deploy({ myself, email, onDeploy, onDone, onLeft }: GateProps & { myself: Myself }) {
  const deploy = useMutation({ mutationFn: onDeploy, onSuccess: onDone });
  if (email !== undefined && myself.email !== email) return <SomebodyElse is={myself.email ?? ""} onLeft={onLeft} />;
  if (!myself.email_verified) return <Unverified email={myself.email ?? ""} />;
  if (myself.awaiting_approval) return <Waiting />;
  return (
    <>
      <Refusal error={deploy.error} action={wayOut(deploy.error)} />
      <Go busy="Beginning…" isBusy={deploy.isPending || deploy.isSuccess} onClick={() => deploy.mutate()}>
        Make my instance
      </Go>
    </>
  );
}

/** Where somebody goes on who was refused. */
function wayOut(error: unknown): ReactNode {
  if (isProblem(error, "subdomain_taken", "subdomain_held", "subdomain_in_quarantine")) {
    return (
      <LinkButton to="/sign-up" search={{ step: "subdomain" }} hash={true} size="sm" variant="outline">
        Choose another address
      </LinkButton>
    );
  }
  if (isProblem(error, "too_many_tenants")) {
    return (
      <LinkButton to="/instances" size="sm" variant="outline">
        Look at my instances
      </LinkButton>
    );
  }
  return undefined;
}

function Unverified({ email }: { email: string }) {
  const send = useMutation({ mutationFn: () => expect(api.POST("/api/v1/auth/verify-email/resend")) });
  return (
    <Message
      title="One thing is left: open the letter"
      action={
        <span className="flex flex-wrap items-center gap-3">
          <AskButton ask={send}>Send it again</AskButton>
          <span role="status" className="text-sm">
            {send.isSuccess && "It is on its way. The link in the one before is no longer good."}
            {send.isError && trouble(send.error).detail}
          </span>
        </span>
      }
    >
      We have sent one to <strong className="break-all">{email}</strong>. Use its link, in this browser or another: this
      page notices by itself.
    </Message>
  );
}

function Waiting() {
  return (
    <Message title="The operator has still to let you in">
      Whoever runs this installation looks at new accounts first. A letter tells you when it is done; come back then,
      and make your instance. The name is held only as long as this draft lives.
    </Message>
  );
}

function SomebodyElse({ is, onLeft }: { is: string; onLeft: () => void }) {
  const leave = useMutation({ mutationFn: signOut, onSettled: onLeft });
  return (
    <Message
      kind="warning"
      title="You are signed in with another address"
      action={<AskButton ask={leave}>Sign out here</AskButton>}
    >
      You are in as {is}. This sign-up was begun with the address above; who has that can have the instance made.
    </Message>
  );
}
