// Who is signed in here, and the access token of the moment: in memory only. The refresh token is in a cookie that no script reads.
//
// Its token is good once, and one that comes a second time ends the session for all. So whatever asks, in whichever tab, one
// renewal runs at a time. What is stored is a hint that there was a session, so that who never signed in asks for none.

import { z } from "zod/mini";

import type { SignedIn } from "./schema";

const HINT = "fresco.signed-in";
const LOCK = "fresco.renewal";
/** A token is renewed so long before it ends, in milliseconds: none is refused on the way. */
const EARLY = 30_000;
const REFRESH = "/api/v1/auth/refresh";

const renewed = z.object({
  access_token: z.string(),
  expires_at: z.string(),
  user: z.string(),
  session: z.string(),
  organisation: z.exactOptional(z.nullable(z.string())),
});

export type SessionState =
  /** Nobody has asked yet. */
  | { kind: "unknown" }
  | { kind: "out" }
  | { kind: "in"; token: string; expiresAt: number; user: string; organisation: string | null };

/** What a session needs of a browser; a test has its own. */
export interface Surroundings {
  fetch: (input: string, init: RequestInit) => Promise<Response>;
  now: () => number;
  hint: { get: () => boolean; set: (signedIn: boolean) => void };
  /** Runs one at a time, over all tabs where the browser can. */
  alone: <T>(work: () => Promise<T>) => Promise<T>;
}

export class Session {
  #state: SessionState;
  #renewing: Promise<boolean> | undefined;
  readonly #listeners = new Set<() => void>();
  readonly #around: Surroundings;

  constructor(around: Surroundings) {
    this.#around = around;
    this.#state = around.hint.get() ? { kind: "unknown" } : { kind: "out" };
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Who is in, and where they act: what is known of one place is not shown in another. Undefined: nobody is. */
  get place(): string | undefined {
    return this.#state.kind === "in" ? `${this.#state.user} ${this.#state.organisation}` : undefined;
  }

  /** Tells of another place, and of the one before it. */
  onMove(listener: (before: string | undefined) => void): () => void {
    let place = this.place;
    return this.subscribe(() => {
      const before = place;
      place = this.place;
      if (place !== before) listener(before);
    });
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Somebody is in. */
  begin(answer: SignedIn): void {
    this.#around.hint.set(true);
    this.#become({
      kind: "in",
      token: answer.access_token,
      expiresAt: Date.parse(answer.expires_at),
      user: answer.user,
      organisation: answer.organisation ?? null,
    });
  }

  /** Nobody is in any more. */
  end(): void {
    this.#around.hint.set(false);
    if (this.#state.kind !== "out") this.#become({ kind: "out" });
  }

  /**
   * Whether somebody is in, asking the server if nobody has yet.
   * @throws what `fetch` throws, or an Error, if the server can't tell now.
   */
  async known(): Promise<boolean> {
    return this.#state.kind === "unknown" ? this.renew() : this.#state.kind === "in";
  }

  /** A token that is good for a while; undefined: nobody is in. */
  async token(): Promise<string | undefined> {
    if (this.#state.kind === "in" && this.#state.expiresAt - EARLY <= this.#around.now()) await this.renew();
    return this.#state.kind === "in" ? this.#state.token : undefined;
  }

  /** Asks for the next token, once at a time; whether there is one. Throws as {@link known} does. */
  renew(): Promise<boolean> {
    this.#renewing ??= this.#around
      .alone(() => this.#renew())
      .finally(() => {
        this.#renewing = undefined;
      });
    return this.#renewing;
  }

  async #renew(): Promise<boolean> {
    const answer = await this.#around.fetch(REFRESH, { method: "POST", credentials: "same-origin" });
    if (answer.ok) {
      this.begin(renewed.parse(await answer.json()));
      return true;
    }
    if (answer.status !== 401) throw new Error(`the server answered with ${answer.status}`);
    this.end();
    return false;
  }

  #become(state: SessionState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

/** What this browser has. */
export function ofThisBrowser(): Surroundings {
  return {
    fetch: (input, init) => fetch(input, init),
    now: Date.now,
    hint: {
      get: () => read(HINT) === "yes",
      set: (signedIn) => (signedIn ? write(HINT, "yes") : forget(HINT)),
    },
    // Not there where the page came without TLS from another machine.
    alone: async (work) => ("locks" in navigator ? await navigator.locks.request(LOCK, work) : work()),
  };
}

// A browser may refuse storage; then nothing is remembered.
function read(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function write(name: string, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {}
}

function forget(name: string): void {
  try {
    localStorage.removeItem(name);
  } catch {}
}
