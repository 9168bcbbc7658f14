import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";

import { api, expect, type UseCase, type WizardStep } from "@/api";
import { nameCheck } from "@/api/queries/wizard";
import { LinkButton } from "@/ui/LinkButton";

import { Frame } from "./Frame";
import { ReadyStep } from "./ReadyStep";
import { SubdomainStep } from "./SubdomainStep";
import { after, OWN_STEPS, shown, TITLES } from "./steps";
import { type TypedUseCase, UseCaseStep } from "./UseCaseStep";

/** Another instance for who has signed in: no account and no terms to be asked for, and so no draft. */
export function OwnWizard({ wished }: { wished: WizardStep | undefined }) {
  const navigate = useNavigate();
  const [typed, setTyped] = useState<TypedUseCase>({});
  const [name, setName] = useState("");
  const [useCase, setUseCase] = useState<UseCase>();
  const [subdomain, setSubdomain] = useState<string>();
  const { data: checked } = useQuery({ ...nameCheck(subdomain ?? ""), enabled: subdomain !== undefined });
  const next: WizardStep = useCase === undefined ? "use_case" : subdomain === undefined ? "subdomain" : "deploy";
  const at = OWN_STEPS.find((step) => step === shown(wished, next)) ?? next;
  const onDone = () => void navigate({ to: "/sign-up", search: { step: after(at, OWN_STEPS) } });
  const page: Partial<Record<WizardStep, () => ReactNode>> = {
    use_case: () => (
      <UseCaseStep
        typed={typed}
        onType={setTyped}
        onSave={async (useCase) => {
          setUseCase(useCase);
          return undefined;
        }}
        onDone={onDone}
      />
    ),
    subdomain: () => (
      <SubdomainStep typed={name} onType={setName} onSave={async (name) => setSubdomain(name)} onDone={onDone} />
    ),
    deploy: () => (
      <ReadyStep
        useCase={useCase}
        url={checked?.url}
        onDeploy={async () => {
          const body = { subdomain: subdomain ?? "", metadata: { use_case: useCase } };
          return (await expect(api.POST("/api/v1/tenants", { body }))).tenant.id;
        }}
        onDone={(instance) => navigate({ to: "/sign-up/$instance", params: { instance }, replace: true })}
        onEntered={() => undefined}
      />
    ),
  };
  const [title, lead] = TITLES[at];
  return (
    <Frame
      title={title}
      lead={lead}
      steps={OWN_STEPS}
      at={at}
      next={next}
      footer={
        <LinkButton to="/instances" variant="text" size="sm">
          Not now
        </LinkButton>
      }
    >
      {page[at]?.()}
    </Frame>
  );
}
