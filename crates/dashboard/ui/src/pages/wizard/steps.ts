import type { WizardStep } from "@/api";

/** Of who signs up, in their order. */
export const STEPS = ["account", "use_case", "subdomain", "terms", "deploy"] as const satisfies readonly WizardStep[];
/** Of who has an account, and has accepted the terms with it. */
export const OWN_STEPS = ["use_case", "subdomain", "deploy"] as const satisfies readonly WizardStep[];

export const WORDS: Record<WizardStep, string> = {
  account: "Account",
  use_case: "Purpose",
  subdomain: "Address",
  terms: "Terms",
  deploy: "Instance",
};

/** What each step asks. */
export const TITLES: Record<WizardStep, [title: string, lead: string]> = {
  account: ["Your account", "With it you come back to your instance, and to any other that you make."],
  use_case: [
    "What is it for?",
    "It changes nothing about your instance; it helps whoever runs this installation to plan.",
  ],
  subdomain: ["Choose its address", "You and your participants open your instance there."],
  terms: ["Terms of use", "What you can count on here, and what is asked of you."],
  deploy: ["Ready to be made", "Look it over once more. Making it takes about a minute."],
};

export function isStep(text: unknown): text is WizardStep {
  return STEPS.some((step) => step === text);
}

/** The step to be shown: the wished one, unless one before it is to be answered first. */
export function shown(wished: WizardStep | undefined, next: WizardStep): WizardStep {
  if (wished === undefined) return next;
  return STEPS.indexOf(wished) <= STEPS.indexOf(next) ? wished : next;
}

/** The one after it. */
export function after(step: WizardStep, steps: readonly WizardStep[]): WizardStep {
  return steps[steps.indexOf(step) + 1] ?? "deploy";
}

export function before(step: WizardStep, steps: readonly WizardStep[]): WizardStep | undefined {
  return steps[steps.indexOf(step) - 1];
}
