import { expect, test } from "vitest";

import { causeOf } from "./cause";

test("what a program said is told from what happened", () => {
  expect(causeOf("the container engine did not start the container: 500: driver failed: bind: in use")).toEqual({
    words: "the container engine did not start the container",
    details: "500: driver failed: bind: in use",
  });
  expect(causeOf("PostgreSQL refuses to make the database: FATAL: no room")).toEqual({
    words: "PostgreSQL refuses to make the database",
    details: "FATAL: no room",
  });
  expect(causeOf("it can't be seen just now (PostgreSQL did not connect: refused (os error 111))")).toEqual({
    words: "it can't be seen just now",
    details: "PostgreSQL did not connect: refused (os error 111)",
  });
});

test("what is in words stays whole", () => {
  for (const cause of [
    "the change was given up, and what ran before it serves: it was never ready",
    "`SAMPLE_FAULT` is not known (see the manifest)",
  ]) {
    expect(causeOf(cause)).toEqual({ words: cause });
  }
});
