import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { z } from "zod/mini";

import { backoff, openSocket, type SocketParts, type SocketState } from "./socket";

const frame = z.object({ type: z.literal("line"), cursor: z.number() });

/** What a test says in a server's place. */
class Fake {
  onopen?: () => void;
  onmessage?: (event: { data: unknown }) => void;
  onclose?: () => void;
  closed = false;
  readonly url: string;
  readonly protocols: string[];

  constructor(url: string, protocols: string[]) {
    this.url = url;
    this.protocols = protocols;
  }

  close() {
    this.closed = true;
  }
}

const opened: Fake[] = [];
let tickets = 0;
const parts: SocketParts = {
  ticket: async () => {
    tickets += 1;
    if (tickets === 2) throw new TypeError("nothing answers");
    return { protocol: "fresco.v1", ticket: `ticket-${tickets}` };
  },
  open: (url, protocols) => {
    const socket = new Fake(url, protocols);
    opened.push(socket);
    return socket as unknown as WebSocket;
  },
  random: () => 0,
};

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("window", { location: { href: "https://here.invalid/instances" } });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("a socket is opened with a ticket, resumed where it broke, and drops what it doesn't know", async () => {
  const seen: number[] = [];
  const states: SocketState[] = [];
  const close = openSocket(
    {
      path: () => `/api/v1/stream?after=${seen.at(-1) ?? 0}`,
      frame,
      onFrame: ({ cursor }) => seen.push(cursor),
      onState: (state) => states.push(state),
    },
    parts,
  );
  await vi.advanceTimersByTimeAsync(0);
  const [first] = opened;
  expect([first?.url, first?.protocols]).toEqual([
    "wss://here.invalid/api/v1/stream?after=0",
    ["fresco.v1", "ticket-1"],
  ]);
  first?.onopen?.();
  for (const data of ['{"type":"line","cursor":7}', '{"type":"news"}', "no json", new Blob()])
    first?.onmessage?.({ data });
  expect(seen).toEqual([7]);
  first?.onclose?.();
  // The second ticket can't be had: it waits, twice as long, and asks for a third.
  await vi.advanceTimersByTimeAsync(backoff(0, 0));
  await vi.advanceTimersByTimeAsync(backoff(1, 0));
  expect(opened).toHaveLength(2);
  expect(opened[1]?.url).toBe("wss://here.invalid/api/v1/stream?after=7");
  close();
  opened[1]?.onclose?.();
  await vi.advanceTimersByTimeAsync(60_000);
  expect([opened.length, opened[1]?.closed]).toEqual([2, true]);
  expect(states).toEqual(["connecting", "open", "waiting", "connecting", "waiting", "connecting", "ended"]);
});

test("a connection that has died without a word is left for another", async () => {
  tickets = 10;
  opened.length = 0;
  const states: SocketState[] = [];
  const close = openSocket(
    { path: () => "/api/v1/stream", frame, onFrame: () => {}, onState: (state) => states.push(state) },
    parts,
  );
  await vi.advanceTimersByTimeAsync(0);
  const [first] = opened;
  first?.onopen?.();
  // A word of any kind is one of life.
  await vi.advanceTimersByTimeAsync(44_000);
  first?.onmessage?.({ data: '{"type":"heartbeat"}' });
  await vi.advanceTimersByTimeAsync(44_000);
  expect(states).toEqual(["connecting", "open"]);
  await vi.advanceTimersByTimeAsync(1_000 + backoff(0, 0));
  expect([first?.closed, opened.length]).toEqual([true, 2]);
  opened[1]?.onopen?.();
  // The network may tell of it later.
  first?.onclose?.();
  first?.onmessage?.({ data: '{"type":"line","cursor":9}' });
  expect(states).toEqual(["connecting", "open", "waiting", "connecting", "open"]);
  close();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(opened).toHaveLength(2);
});

test("waits grow, up to an end, and differ by chance", () => {
  expect([0, 1, 2, 20].map((failures) => backoff(failures, 1))).toEqual([500, 1000, 2000, 30_000]);
  expect(backoff(3, 0)).toBe(backoff(3, 1) / 2);
});
