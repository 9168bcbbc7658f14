import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useEffect, useState } from "react";

import type { AnswerStep, WizardSession, WizardStep } from "@/api";
import { isProblem } from "@/api/problems";
import { me } from "@/api/queries/me";
import { answerDraft, type DraftKey, deployDraft, draft } from "@/api/queries/wizard";
import { queries } from "@/app/queries";
import { AuthPage } from "@/pages/auth/AuthPage";
import { CopyLink } from "@/ui/CopyLink";
import { ErrorState } from "@/ui/ErrorState";
import { LinkButton } from "@/ui/LinkButton";
import { Loading } from "@/ui/Loading";
import { Page } from "@/ui/Page";
import { momentOrTime } from "@/ui/time";
import { useNow } from "@/ui/useNow";

import { AccountStep } from "./AccountStep";
import { Frame } from "./Frame";
import { ReadyStep } from "./ReadyStep";
import { SubdomainStep } from "./SubdomainStep";
import { after, STEPS, shown, TITLES } from "./steps";
import { TermsStep } from "./TermsStep";
import { type Kind, type TypedUseCase, UseCaseStep } from "./UseCaseStep";

interface DraftWizardProps {
  draftKey: DraftKey;
  wished: WizardStep | undefined;
}

/** Signs up: a draft on the server, found again by its link. */
export function DraftWizard({ draftKey, wished }: DraftWizardProps) {
  const { data, error, refetch } = useQuery(draft(draftKey));
  const navigate = useNavigate();
  const tenant = data?.deployed?.tenant_id;
  // What it has become has a page of its own.
  useEffect(() => {
    if (tenant !== undefined) void navigate({ to: "/sign-up/$instance", params: { instance: tenant }, replace: true });
  }, [tenant, navigate]);
  if (isProblem(error, "unauthenticated")) return <Expired />;
  if (data === undefined && error !== null) {
    return (
      <Page title="Sign up" hidesTitle>
        <ErrorState error={error} level="h1" onRetry={() => void refetch()} />
      </Page>
    );
  }
  if (data === undefined || tenant !== undefined) return <Loading />;
  return <Steps draftKey={draftKey} session={data} wished={wished} />;
}

interface StepsProps extends DraftWizardProps {
  session: WizardSession;
}

function Steps({ draftKey, session, wished }: StepsProps) {
  const navigate = useNavigate();
  const at = shown(wished, session.step);
  // What was typed and not sent yet: it survives going back.
  const [useCase, setUseCase] = useState<TypedUseCase>(typedOf(session));
  const [name, setName] = useState(session.data.subdomain ?? "");
  const keep = (answered: WizardSession) => queries.setQueryData(draft(draftKey).queryKey, answered);
  const give = (given: AnswerStep) => unlessExpired(draftKey, answerDraft(draftKey, given));
  const answer = async (given: AnswerStep) => {
    const answered = await give(given);
    keep(answered);
    return answered;
  };
  const deploy = async () => {
    const { tenant_id } = await unlessExpired(draftKey, deployDraft(draftKey));
    // Who comes back here is led on to what it has become.
    await queries.invalidateQueries({ queryKey: draft(draftKey).queryKey, refetchType: "none" });
    // With it the terms were accepted.
    void queries.invalidateQueries(me());
    return tenant_id;
  };
  const onDone = () => void navigate({ to: "/sign-up", search: { step: after(at, STEPS) }, hash: true });
  const [title, lead] = TITLES[at];
  const page: Record<WizardStep, () => ReactNode> = {
    account: () => <AccountStep session={session} onSave={give} onSaved={keep} onDone={onDone} />,
    use_case: () => (
      <UseCaseStep
        typed={useCase}
        onType={setUseCase}
        onSave={async (data) => (await answer({ step: "use_case", data })).sandbox_url ?? undefined}
        onDone={onDone}
      />
    ),
    subdomain: () => (
      <SubdomainStep
        typed={name}
        onType={setName}
        session={session.id}
        onSave={(subdomain) => answer({ step: "subdomain", data: { subdomain } })}
        onDone={onDone}
      />
    ),
    terms: () => (
      <TermsStep
        version={session.terms_version}
        accepted={session.data.terms?.version === session.terms_version}
        onSave={() => answer({ step: "terms", data: { version: session.terms_version } })}
        onDone={onDone}
      />
    ),
    deploy: () => (
      <ReadyStep
        email={session.email}
        useCase={session.data.use_case}
        url={session.data.url}
        terms={session.data.terms?.version}
        onDeploy={deploy}
        onDone={(instance) => navigate({ to: "/sign-up/$instance", params: { instance }, replace: true })}
        onEntered={() => keep(session)}
      />
    ),
  };
  return (
    <Frame title={title} lead={lead} steps={STEPS} at={at} next={session.step} footer={<Later session={session} />}>
      {page[at]()}
    </Frame>
  );
}

/** A draft may expire between two steps: it is looked for anew, and that it has ended is shown in place of what was refused. */
async function unlessExpired<T>(key: DraftKey, asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (isProblem(error, "unauthenticated", "draft_not_found")) await queries.invalidateQueries(draft(key));
    throw error;
  }
}

function typedOf({ data }: WizardSession): TypedUseCase {
  const { kind, description } = data.use_case ?? {};
  return { ...(kind === undefined ? {} : { kind: kind as Kind }), description: description ?? "" };
}

function Later({ session }: { session: WizardSession }) {
  const now = useNow();
  if (!session.data.account) return undefined;
  return (
    <div className="flex flex-wrap items-center justify-center gap-x-4 gap-y-2">
      <p>Your answers are kept until {momentOrTime(Date.parse(session.expires_at), now)}, on this server.</p>
      <CopyLink link={window.location.href}>Copy the link to go on later</CopyLink>
    </div>
  );
}

function Expired() {
  return (
    <AuthPage
      title="This sign-up has ended"
      lead="It is kept for a while after the last answer, and this link is not whole or too old. If you have made an account already, sign in: it is still there."
    >
      <div className="flex flex-wrap gap-3">
        <LinkButton to="/sign-up" search={{}} hash="">
          Begin anew
        </LinkButton>
        <LinkButton to="/sign-in" search={{ next: "/sign-up" }} variant="outline">
          Sign in
        </LinkButton>
      </div>
    </AuthPage>
  );
}
