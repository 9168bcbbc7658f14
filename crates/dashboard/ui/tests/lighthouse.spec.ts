// Accessible, and built as browsers want it, in Lighthouse's words too. How fast: `npm run measure`.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { Auditor, FIRST_PAGES } from "./lighthouse.ts";

const LEAST = 95;

describe("Lighthouse", () => {
  let auditor: Auditor;

  before(async () => {
    auditor = await Auditor.begin();
  });
  after(async () => auditor?.end());

  for (const { name, path, isSignedIn } of FIRST_PAGES) {
    test(`finds ${name} accessible and well built`, async () => {
      const instance = isSignedIn ? await auditor.enter() : "";
      const { scores, lost } = await auditor.audit(path.replace("{instance}", instance), "desktop", [
        "accessibility",
        "best-practices",
      ]);
      console.log(`${name}: ${JSON.stringify(scores)} ${lost.join("; ")}`);
      for (const [category, score] of Object.entries(scores)) {
        assert.ok(score >= LEAST, `${category}: ${score}; ${lost.join("; ")}`);
      }
    });
  }
});
