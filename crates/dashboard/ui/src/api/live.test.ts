import { beforeEach, expect, test } from "vitest";

import { Live, type LiveListener } from "./live";
import type { EventsFrame } from "./schema";
import type { SocketWish } from "./socket";

const said = (id: number, tenant: string): EventsFrame => ({
  type: "event",
  id,
  tenant_id: tenant,
  status: "provisioning",
  generation: 1,
  kind: "await_ready",
  message: "Waiting until it is ready",
  data: {},
  at: "2026-11-30T12:00:00Z",
});

let wishes: SocketWish<EventsFrame>[];
let closed: number;
let live: Live;
let heard: string[];
const listener = (name: string): LiveListener => ({
  onEvent: ({ id, tenant_id }) => heard.push(`${name}: ${id} ${tenant_id}`),
  onMissed: () => heard.push(`${name}: missed`),
});

beforeEach(() => {
  [wishes, closed, heard] = [[], 0, []];
  live = new Live((wish) => {
    wishes.push(wish);
    return () => {
      closed += 1;
      wish.onState?.("ended");
    };
  });
});

test("all listen at one socket, which goes on where it was, and ends with the last of them", () => {
  const [stopOne, stopOther] = [live.listen(listener("one")), live.listen(listener("other"))];
  expect(wishes.map(({ path }) => path())).toEqual(["/api/v1/events/stream"]);
  const [wish] = wishes;
  wish?.onState?.("open");
  wish?.onFrame({ type: "hello", cursor: 6 });
  wish?.onFrame(said(7, "a"));
  stopOther();
  wish?.onFrame(said(8, "b"));
  expect(heard).toEqual(["one: missed", "other: missed", "one: 7 a", "other: 7 a", "one: 8 b"]);
  expect([wish?.path(), live.isOpen]).toEqual(["/api/v1/events/stream?after=8", true]);
  // It was away, and nothing was missed.
  wish?.onFrame({ type: "hello", cursor: 8 });
  wish?.onFrame({ type: "heartbeat", cursor: 11 });
  expect([heard.length, wish?.path()]).toEqual([5, "/api/v1/events/stream?after=11"]);
  stopOne();
  stopOne();
  expect([closed, live.isOpen]).toEqual([1, false]);
});

test("who was away for too long is told so", () => {
  live.listen(listener("one"));
  wishes[0]?.onFrame({ type: "hello", cursor: 6 });
  wishes[0]?.onFrame({ type: "lagged", skipped: 40, from: 7, to: 46 });
  expect([heard, wishes[0]?.path()]).toEqual([["one: missed", "one: missed"], "/api/v1/events/stream?after=46"]);
});

test("for somebody else it begins anew", () => {
  live.restart();
  expect(wishes).toEqual([]);
  live.listen(listener("one"));
  wishes[0]?.onFrame({ type: "hello", cursor: 6 });
  live.restart();
  expect([closed, wishes[1]?.path()]).toEqual([1, "/api/v1/events/stream"]);
  wishes[1]?.onFrame({ type: "hello", cursor: 9 });
  expect(heard).toEqual(["one: missed", "one: missed"]);
});
