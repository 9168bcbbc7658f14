// Signing up: the draft on the server, shown by its own token and not by who is signed in, and the names that are to be had.

import { queryOptions } from "@tanstack/react-query";

import { type AnswerStep, ApiError, api, expect, type WizardSession } from "..";
import { type Api, connect } from "../client";

/** What a draft's link holds. */
export interface DraftKey {
  id: string;
  token: string;
}

const drafter = ({ token }: DraftKey): Api => connect({ accessToken: () => token });
const path = ({ id }: DraftKey) => ({ params: { path: { id } } });

/** What was answered so far. It changes by its own page's answers only. */
export const draft = (key: DraftKey) =>
  queryOptions({
    queryKey: ["draft", key.id],
    queryFn: ({ signal }) => expect(drafter(key).GET("/api/v1/wizard/sessions/{id}", { ...path(key), signal })),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const beginDraft = (email: string) => expect(api.POST("/api/v1/wizard/sessions", { body: { email } }));

/** @throws ApiError whose `errors` name what a form sent as `data` by its fields. */
export async function answerDraft(key: DraftKey, answer: AnswerStep): Promise<WizardSession> {
  try {
    return await expect(drafter(key).PATCH("/api/v1/wizard/sessions/{id}", { ...path(key), body: answer }));
  } catch (error) {
    throw error instanceof ApiError ? withoutData(error) : error;
  }
}

function withoutData({ problem }: ApiError): ApiError {
  const errors = (problem.errors ?? []).map(({ pointer, ...rest }) => ({
    ...rest,
    pointer: pointer?.replace("#/data/", "#/") ?? null,
  }));
  return new ApiError({ ...problem, errors });
}

/** By who is signed in: its address must be the draft's. */
export const deployDraft = (key: DraftKey) => expect(api.POST("/api/v1/wizard/sessions/{id}/deploy", path(key)));

/** Whether a name is to be had; to a draft, what it holds itself is. */
export const nameCheck = (name: string, session?: string) =>
  queryOptions({
    queryKey: ["names", name, session],
    queryFn: ({ signal }) =>
      expect(
        api.GET("/api/v1/wizard/subdomains/{name}", {
          params: { path: { name }, query: session === undefined ? {} : { session } },
          signal,
        }),
      ),
    staleTime: 10_000,
  });
