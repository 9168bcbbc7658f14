import { expect, test } from "vitest";

import { changesOf, removalOf } from "./variables";

const settings = [
  { name: "BUCKET", help: "", values: [], secret: false },
  { name: "REGION", help: "", values: [], secret: false },
  { name: "KEY", help: "", values: [], secret: true },
];
const now = {
  BUCKET: { secret: false, value: "media" },
  KEY: { secret: true, value: null },
};

test("what is as it was changes nothing, and an empty secret is kept", () => {
  expect(changesOf(settings, now, { BUCKET: "media", REGION: "", KEY: "" }).environment).toEqual({});
});

test("what is otherwise is said, without the secret", () => {
  const { differences, environment } = changesOf(settings, now, { BUCKET: "", REGION: "eu", KEY: "hush" });
  expect(environment).toEqual({ BUCKET: null, REGION: "eu", KEY: "hush" });
  expect(differences).toEqual([
    { name: "BUCKET", from: "media", to: "Not set" },
    { name: "REGION", from: "Not set", to: "eu" },
    { name: "KEY", from: "••••••••", to: "•••••••• (new)" },
  ]);
});

test("a secret is unset by its own box", () => {
  expect(changesOf(settings, now, { BUCKET: "media", [removalOf("KEY")]: true }).environment).toEqual({ KEY: null });
});
