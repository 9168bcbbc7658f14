import { expect, test } from "vitest";

import { ApiError } from "./client";
import { formErrors, sentence, trouble } from "./problems";
import type { Problem } from "./schema";

const problem: Problem = {
  type: "/api/problems#invalid_request",
  title: "Something in the request is not right",
  status: 422,
  detail: "a subdomain has 3 to 63 characters, this one has 2",
  instance: "/api/v1/tenants",
  code: "invalid_request",
  request_id: "6f1c",
  errors: [
    { pointer: "#/subdomain", detail: "a subdomain has 3 to 63 characters" },
    { pointer: "#/limits/memory", detail: "too much" },
    { parameter: "limit", detail: "too many" },
  ],
};

test("what is about a field of the form stands there, the rest above it", () => {
  expect(formErrors(new ApiError(problem), new Set(["subdomain", "limits.memory"]))).toEqual({
    formErrors: ["Too many."],
    fieldErrors: { subdomain: ["A subdomain has 3 to 63 characters."], "limits.memory": ["Too much."] },
  });
});

test("what names no field is said in words", () => {
  const { formErrors: said, fieldErrors } = formErrors(
    new ApiError({ ...problem, code: "link_refused", errors: [] }),
    new Set(),
  );
  expect([said.length, fieldErrors]).toEqual([1, {}]);
  expect(said[0]).toContain("no longer good");
});

test("anything that is thrown has words, and what passes can be tried again", () => {
  expect(trouble(new ApiError({ ...problem, status: 503 }))).toMatchObject({ requestId: "6f1c", passes: true });
  expect(trouble(new ApiError(problem)).passes).toBe(false);
  expect(trouble(new TypeError("fetch")).title).toContain("can't be reached");
  expect(trouble("x").title).toContain("went wrong");
});

test("sentences begin large and end", () => {
  expect([sentence("too much"), sentence("Why?"), sentence("")]).toEqual(["Too much.", "Why?", "."]);
});
