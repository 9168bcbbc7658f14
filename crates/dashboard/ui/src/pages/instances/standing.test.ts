import { expect, test } from "vitest";

import type { Tenant } from "@/api";

import { standing } from "./standing";

const at = "2026-11-30T09:00:00Z";
const running: Tenant = {
  id: "tnt_1",
  subdomain: "my-study",
  url: "https://my-study.example.org",
  app: "fresco",
  image: "fresco:4.0.0",
  image_pinned: false,
  image_policy: "manual",
  status: "active",
  desired_state: "running",
  generation: 1,
  observed_generation: 1,
  conditions: [{ kind: "ready", holds: "true", since: at }],
  environment: {},
  troubles: [],
  sizes: {},
  created_at: at,
  metadata: {},
};

test("what runs says since when", () => {
  expect(standing(running)).toEqual({ intent: "Should run", fact: "answers", since: at });
});

test("the step under way is said before all else", () => {
  const step = { name: "start_serve", description: "Starting the container", since: at, age: 12 };
  expect(standing({ ...running, generation: 2, step }).fact).toBe("starting the container");
});

test("what was just asked for is no fact yet", () => {
  expect(standing({ ...running, desired_state: "stopped", generation: 2 })).toEqual({
    intent: "Should be stopped",
    fact: "just asked for",
  });
});

test("a failure says its cause, and when it is tried again", () => {
  const last_error = { cause: "The image is not there", permanent: false, last_lines: [], at };
  expect(standing({ ...running, status: "error", last_error })).toMatchObject({
    fact: "the image is not there",
    since: at,
  });
  const next = { ...running, last_error, next_attempt_at: "2026-11-30T09:05:00Z" };
  expect(standing(next).until).toBe("2026-11-30T09:05:00Z");
});

test("a destroy says how long it can be undone", () => {
  expect(standing({ ...running, desired_state: "destroyed", destroy_after: at })).toEqual({
    intent: "Should go",
    fact: "can be undone for",
    until: at,
  });
});
