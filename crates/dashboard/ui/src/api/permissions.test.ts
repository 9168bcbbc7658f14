import { expect, test } from "vitest";

import { may } from "./permissions";

test("each role may what the one before may, and who is nobody may nothing", () => {
  expect(may("viewer", "tenant.operate")).toBe(false);
  expect(may("member", "tenant.operate")).toBe(true);
  expect(may("member", "tenant.configure")).toBe(false);
  expect(may("owner", "tenant.configure")).toBe(true);
  expect(may(undefined, "tenant.operate")).toBe(false);
  expect(may(null, "tenant.operate")).toBe(false);
});
