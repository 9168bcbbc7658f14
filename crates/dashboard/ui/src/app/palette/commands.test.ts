import { Boxes } from "lucide-react";
import { expect, test } from "vitest";

import { matching } from "./commands";

const command = (words: string) => ({ id: words, group: "Pages", words, Icon: Boxes, run: () => undefined });

test("each word must be somewhere, in any order", () => {
  const all = ["Stop my-study", "Restart my-study", "Instances"].map(command);
  expect(matching(all, "study stop").map(({ words }) => words)).toEqual(["Stop my-study"]);
  expect(matching(all, "  ")).toHaveLength(3);
  expect(matching(all, "PAGES inst")).toHaveLength(1);
});
