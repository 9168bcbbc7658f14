// The API as this page uses it: signed in as whoever is, renewed when a token has ended.

import { authorized } from "./authorized";
import { connect, expect } from "./client";
import { ofThisBrowser, Session } from "./session";

export { ApiError, expect } from "./client";
export type * from "./schema";

/** Who is signed in in this tab. */
export const session = new Session(ofThisBrowser());

export const api = connect({ fetch: authorized(session, (request) => fetch(request)) });

/** Ends the session here and on the server. What the server can't be told now ends by itself. */
export async function signOut(): Promise<void> {
  try {
    await expect(api.POST("/api/v1/auth/logout"));
  } finally {
    session.end();
  }
}

/** Acts in another organisation from now on. What was asked for before is to be asked again. */
export async function switchOrganisation(organisation: string): Promise<void> {
  session.begin(await expect(api.POST("/api/v1/me/organisation", { body: { organisation } })));
}
