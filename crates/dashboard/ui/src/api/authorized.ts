// Requests in the name of whoever is signed in.

import type { Session } from "./session";

type Fetch = (request: Request) => Promise<Response>;

/**
 * Sends the token of the moment; an answer of 401 is asked once more with a new one, and if there is none, nobody is in any more.
 * Each wish has a key, so that whatever is sent twice is done once.
 */
export function authorized(session: Session, fetch: Fetch): Fetch {
  return async (request) => {
    const token = await session.token();
    const first = prepared(request.clone(), token);
    const answer = await fetch(first);
    if (answer.status !== 401 || token === undefined) return answer;
    if (!(await session.renew())) return answer;
    const key = first.headers.get("Idempotency-Key");
    const second = prepared(request, await session.token());
    if (key !== null) second.headers.set("Idempotency-Key", key);
    return fetch(second);
  };
}

function prepared(request: Request, token: string | undefined): Request {
  if (token !== undefined) request.headers.set("Authorization", `Bearer ${token}`);
  if (takesKey(request) && !request.headers.has("Idempotency-Key")) request.headers.set("Idempotency-Key", newKey());
  return request;
}

/** As docs/api/README.md has it; and a ticket is for once. */
function takesKey(request: Request): boolean {
  const path = new URL(request.url).pathname;
  return request.method === "POST" && !path.startsWith("/api/v1/auth/") && path !== "/api/v1/ws-tickets";
}

/** 128 random bits. `crypto.randomUUID` is not there without TLS. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
