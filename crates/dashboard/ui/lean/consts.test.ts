import * as package_ from "@codaco/shared-consts";
import { expect, test } from "vitest";

import * as ours from "./consts";

test("the words are those of the package that they stand for", () => {
  expect(package_).toMatchObject({ ...ours });
});
