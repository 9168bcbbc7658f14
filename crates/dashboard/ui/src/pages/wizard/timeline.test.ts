import { expect, test } from "vitest";

import type { Event, Tenant } from "@/api";

import { timeline } from "./timeline";

let ids = 0;
const line = (kind: string, message: string, second: number): Event => {
  ids += 1;
  return { id: ids, generation: 1, kind, message, data: null, at: new Date(second * 1000).toISOString() };
};
const tenant = (failedStep?: string) =>
  ({ last_error: failedStep === undefined ? null : { step: failedStep } }) as unknown as Tenant;
const PLAN = [
  { name: "ensure_network", description: "Preparing the network" },
  { name: "ensure_image", description: "Fetching the application" },
  { name: "start_serve", description: "Starting the container" },
];
const short = (events: Event[], of: Tenant, now: number) =>
  timeline(events, PLAN, of, now * 1000).map(({ words, state, took }) => [words, state, took]);

test("while it is made, what is done stands before what is left", () => {
  const events = [
    line("deploy", "Asked for", 0),
    line("ensure_network", "Preparing the network", 1),
    line("ensure_image", "Fetching the application", 3),
  ];
  expect(short(events, tenant(), 8)).toEqual([
    ["Preparing the network", "done", 2000],
    ["Fetching the application", "now", 5000],
    ["Starting the container", "next", undefined],
  ]);
  expect(short([], tenant(), 8).map(([, state]) => state)).toEqual(["next", "next", "next"]);
});

test("what is done beside a step ends with it", () => {
  const events = [
    line("ensure_network", "Preparing the network", 1),
    line("ensure_image", "Fetching the application", 1),
    line("start_serve", "Starting the container", 4),
    line("settled", "It runs and answers", 5),
    line("claimed", "Its owner has come", 9),
  ];
  expect(short(events, tenant(), 60)).toEqual([
    ["Preparing the network", "done", 3000],
    ["Fetching the application", "done", 3000],
    ["Starting the container", "done", 1000],
  ]);
});

test("a failure is at its step, and another try begins anew", () => {
  const events = [
    line("deploy", "Asked for", 0),
    line("ensure_network", "Preparing the network", 1),
    line("ensure_image", "Fetching the application", 2),
    line("failed", "no such image", 4),
  ];
  expect(short(events, tenant("ensure_image"), 60)).toEqual([
    ["Preparing the network", "done", 1000],
    ["Fetching the application", "failed", 2000],
  ]);
  const again = [...events, line("start", "Asked for", 50), line("ensure_image", "Fetching the application", 51)];
  expect(short(again, tenant(), 60)[0]).toEqual(["Fetching the application", "now", 9000]);
});
