import { expect, test } from "vitest";

import { bytes, count, percent } from "./amounts";

test("amounts are short", () => {
  expect([0, 512, 1024, 100_663_296, 1_610_612_736].map(bytes)).toEqual([
    "0 bytes",
    "512 bytes",
    "1 KiB",
    "96 MiB",
    "1.5 GiB",
  ]);
  expect([0, 0.004, 0.123, 1].map(percent)).toEqual(["0 %", "0.4 %", "12 %", "100 %"]);
  expect([count(1, "instance"), count(1000, "instance")]).toEqual(["1 instance", "1,000 instances"]);
});
