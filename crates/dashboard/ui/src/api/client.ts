// The platform's API, typed by its own document. A wrong path, parameter or body doesn't compile.
//
// `schema.ts` is made by `scripts/checks/client --update`; `scripts/test client` fails when it is not what the document says.

import createClient, { type Client, type Middleware } from "openapi-fetch";

import type { Problem, paths } from "./schema";

export type * from "./schema";
export type Api = Client<paths>;

/** What is needed to ask: where the API is, and the access token of the moment, if there is one. */
export interface Connection {
  /** Where it is; left out: where the page came from. */
  baseUrl?: string;
  accessToken?: () => string | undefined;
  fetch?: (request: Request) => Promise<Response>;
}

/** A way to ask. It sends the access token of the moment with each request, and the cookie to the API's own host only. */
export function connect({ baseUrl = "", accessToken, fetch }: Connection = {}): Api {
  const client = createClient<paths>({
    baseUrl,
    credentials: "same-origin",
    ...(fetch === undefined ? {} : { fetch }),
  });
  if (accessToken !== undefined) client.use(authorization(accessToken));
  return client;
}

function authorization(accessToken: () => string | undefined): Middleware {
  return {
    onRequest({ request }) {
      const token = accessToken();
      if (token !== undefined) request.headers.set("Authorization", `Bearer ${token}`);
      return request;
    },
  };
}

/** A refused or failed request, thrown by {@link expect}. Decide by `problem.code`. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  readonly problem: Problem;

  constructor(problem: Problem) {
    super(`${problem.title}: ${problem.detail}`);
    this.problem = problem;
  }
}

/**
 * The data of an answer.
 * @throws ApiError for an answer that is a problem, and Error for one that is none of the API's.
 */
export async function expect<T>(answer: Promise<{ data?: T; error?: Problem; response: Response }>): Promise<T> {
  const { data, error, response } = await answer;
  if (response.ok) return data as T;
  throw isProblem(error) ? new ApiError(error) : new Error(`the server answered with ${response.status}`);
}

function isProblem(error: unknown): error is Problem {
  return typeof error === "object" && error !== null && "code" in error && "title" in error;
}
