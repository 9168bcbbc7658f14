import { expect, test } from "vitest";

import type { Event, Tenant } from "@/api";

import { timeline } from "./timeline";

let ids = 0;
const at = (second: number) => new Date(second * 1000).toISOString();
const line = (kind: string, message: string, second: number, data: unknown = null): Event => {
  ids += 1;
  return { id: ids, generation: 1, kind, message, data, at: at(second) };
};
const WORDS = {
  ensure_network: "Preparing the network",
  ensure_image: "Fetching the application",
  start_serve: "Starting the container",
};
const step = (name: keyof typeof WORDS, second: number) => line(name, WORDS[name], second, { step: name });
const PLAN = Object.entries(WORDS).map(([name, description]) => ({ name, description }));
const failed = (second: number) =>
  ({ status: "error", last_error: { at: at(second), step: "ensure_image" } }) as unknown as Tenant;
const under = (status: "provisioning" | "active") => ({ status, last_error: null }) as unknown as Tenant;
const short = (events: Event[], of: Tenant, now: number) =>
  timeline(events, PLAN, of, now * 1000).map(({ words, state, took }) => [words, state, took]);

const asked = line("deploy", "Asked for", 0);

test("while it is made, what is done stands before what is left", () => {
  expect(short([asked, step("ensure_network", 1), step("ensure_image", 3)], under("provisioning"), 8)).toEqual([
    ["Preparing the network", "done", 2000],
    ["Fetching the application", "now", 5000],
    ["Starting the container", "next", undefined],
  ]);
  expect(short([], under("provisioning"), 8).map(([, state]) => state)).toEqual(["next", "next", "next"]);
});

test("what was there already is not waited for", () => {
  const words = short([asked, step("ensure_image", 3)], under("provisioning"), 8).map(([words]) => words);
  expect(words).toEqual(["Fetching the application", "Starting the container"]);
});

test("what is done beside a step ends with it", () => {
  const events = [
    asked,
    step("ensure_network", 1),
    step("ensure_image", 1),
    step("start_serve", 4),
    line("settled", "It runs and answers", 5, {}),
  ];
  expect(short(events, under("active"), 60)).toEqual([
    ["Preparing the network", "done", 3000],
    ["Fetching the application", "done", 3000],
    ["Starting the container", "done", 1000],
  ]);
});

test("a failure is at its step, however often that was tried", () => {
  const events = [
    asked,
    step("ensure_network", 1),
    step("ensure_image", 2),
    line("failed", "no such image", 4, { step: "ensure_image" }),
    step("ensure_image", 10),
    line("start", "Asked for", 50),
    step("ensure_image", 51),
  ];
  expect(short(events, failed(53), 60)).toEqual([
    ["Preparing the network", "done", 1000],
    ["Fetching the application", "failed", 2000],
  ]);
});
