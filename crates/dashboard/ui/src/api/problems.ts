// What went wrong, in words for people.

import { ApiError } from "./client";
import type { ProblemCode } from "./schema";

export interface Trouble {
  title: string;
  detail: string;
  /** What an operator finds in the log. */
  requestId?: string;
  /** Whether trying the same again may help. */
  passes: boolean;
}

/** Where the API speaks to programs, the same for people. */
const WORDS: Partial<Record<ProblemCode, [title: string, detail: string]>> = {
  wrong_credentials: ["That didn't work", "The address, the password or the code is not right. Please try again."],
  link_refused: [
    "This link is no longer good",
    "It was used already, has expired, or a newer one was sent. Ask for a new one.",
  ],
  invitation_refused: [
    "This invitation can't be accepted",
    "It was used or withdrawn, has expired, or was sent to another address than the one you have verified.",
  ],
  session_ended: ["You have been signed out", "Please sign in again."],
  unauthenticated: ["You have been signed out", "Please sign in again."],
  email_not_verified: [
    "Verify your address first",
    "Use the link in the letter that we sent you, or have it sent again.",
  ],
  signup_closed: ["Nobody can sign up here", "Who has an account signs in; ask your operator for one."],
  organisation_not_empty: [
    "The organisation has instances",
    "Destroy all of them first, and wait until the time for second thoughts is over.",
  ],
  busy: ["Very busy just now", "Many people are signing in at this moment. Please try again shortly."],
};

const PASSING: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

/** For anything that was thrown. */
export function trouble(error: unknown): Trouble {
  if (error instanceof ApiError) {
    const { code, title, detail, request_id, status } = error.problem;
    const [ours, words] = WORDS[code] ?? [title, sentence(detail)];
    return { title: ours, detail: words, requestId: request_id, passes: PASSING.has(status) };
  }
  // What `fetch` throws when nothing answers.
  if (error instanceof TypeError) {
    return {
      title: "The platform can't be reached",
      detail: "Check your connection, then try again. Your instances go on running meanwhile.",
      passes: true,
    };
  }
  return {
    title: "Something went wrong on this page",
    detail: "Please load it again. If it happens again, tell your operator what you did.",
    passes: true,
  };
}

export function isProblem(error: unknown, ...codes: ProblemCode[]): boolean {
  return error instanceof ApiError && codes.includes(error.problem.code);
}

/** For a form: what is about one of its fields, by the field's name, and the rest. */
export function formErrors(error: unknown, fields: ReadonlySet<string>): FormErrors {
  const errors: FormErrors = { formErrors: [], fieldErrors: {} };
  const listed = error instanceof ApiError ? (error.problem.errors ?? []) : [];
  for (const { pointer, detail } of listed) {
    const field = pointer?.replace(/^#\//, "").split("/").join(".") ?? "";
    if (fields.has(field)) errors.fieldErrors[field] = [...(errors.fieldErrors[field] ?? []), sentence(detail)];
    else errors.formErrors.push(sentence(detail));
  }
  if (listed.length === 0) {
    const { title, detail } = trouble(error);
    errors.formErrors.push(`${title}. ${detail}`);
  }
  return errors;
}

export interface FormErrors {
  formErrors: string[];
  fieldErrors: Record<string, string[]>;
}

/** The API's details begin small and end without a stop. */
export function sentence(text: string): string {
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(begun) ? begun : `${begun}.`;
}
