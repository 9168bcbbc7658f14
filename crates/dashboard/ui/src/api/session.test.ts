import { describe, expect, test } from "vitest";

import { authorized } from "./authorized";
import { Session, type Surroundings } from "./session";

const answer = (token: string, seconds: number) => ({
  access_token: token,
  expires_at: new Date(seconds * 1000).toISOString(),
  user: "usr_1",
  session: "ses_1",
  organisation: null,
});

/** A browser whose server answers with these, one after the other. */
function browser(answers: (() => Response)[], hinted = true) {
  const around = {
    now: 0,
    asked: 0,
    hinted,
    surroundings: {} as Surroundings,
  };
  around.surroundings = {
    now: () => around.now,
    hint: {
      get: () => around.hinted,
      set: (signedIn) => {
        around.hinted = signedIn;
      },
    },
    alone: (work) => work(),
    fetch: async () => {
      around.asked += 1;
      const next = answers.shift();
      if (next === undefined) throw new TypeError("nothing answers");
      return next();
    },
  };
  return around;
}

const good = (token: string, seconds: number) => () => Response.json(answer(token, seconds));
const ended = () => Response.json({ code: "session_ended" }, { status: 401 });

describe("a session", () => {
  test("who never signed in asks for none", async () => {
    const around = browser([], false);
    expect(await new Session(around.surroundings).known()).toBe(false);
    expect(around.asked).toBe(0);
  });

  test("whoever asks meanwhile, one renewal runs", async () => {
    const around = browser([good("a", 100)]);
    const session = new Session(around.surroundings);
    expect(await Promise.all([session.known(), session.known(), session.renew()])).toEqual([true, true, true]);
    expect(around.asked).toBe(1);
  });

  test("a token is renewed before it ends", async () => {
    const around = browser([good("a", 100), good("b", 200)]);
    const session = new Session(around.surroundings);
    await session.known();
    around.now = 60_000;
    expect(await session.token()).toBe("a");
    around.now = 71_000;
    expect(await session.token()).toBe("b");
  });

  test("one that has ended is forgotten, and everybody who listens hears of it", async () => {
    const around = browser([ended]);
    const session = new Session(around.surroundings);
    const heard: string[] = [];
    session.subscribe(() => heard.push(session.state.kind));
    expect(await session.known()).toBe(false);
    expect([heard, around.hinted]).toEqual([["out"], false]);
  });

  test("a server that can't be reached ends nothing", async () => {
    const around = browser([]);
    const session = new Session(around.surroundings);
    await expect(session.known()).rejects.toThrow("nothing answers");
    expect([session.state.kind, around.hinted]).toEqual(["unknown", true]);
  });
});

describe("a request", () => {
  const url = "http://here.invalid/api/v1/tenants";

  test("that is refused is asked once more, with a new token and the same key", async () => {
    const session = new Session(browser([good("a", 1000), good("b", 1000)]).surroundings);
    await session.known();
    const seen: Request[] = [];
    const ask = authorized(session, async (request) => {
      seen.push(request);
      return new Response(null, { status: seen.length === 1 ? 401 : 202 });
    });
    const response = await ask(new Request(url, { method: "POST", body: "{}" }));
    expect(response.status).toBe(202);
    expect(seen.map((request) => request.headers.get("Authorization"))).toEqual(["Bearer a", "Bearer b"]);
    expect(seen[0]?.headers.get("Idempotency-Key")).toMatch(/^[0-9a-f]{32}$/);
    expect(seen[1]?.headers.get("Idempotency-Key")).toBe(seen[0]?.headers.get("Idempotency-Key"));
    expect(await seen[1]?.text()).toBe("{}");
  });

  test("of nobody is asked once and carries nothing", async () => {
    const session = new Session(browser([], false).surroundings);
    const seen: Request[] = [];
    const ask = authorized(session, async (request) => {
      seen.push(request);
      return new Response(null, { status: 401 });
    });
    await ask(new Request("http://here.invalid/api/v1/auth/login", { method: "POST", body: "{}" }));
    expect(seen).toHaveLength(1);
    expect(seen[0]?.headers.has("Authorization") || seen[0]?.headers.has("Idempotency-Key")).toBe(false);
  });
});
