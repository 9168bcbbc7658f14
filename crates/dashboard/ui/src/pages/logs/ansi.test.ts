import { expect, test } from "vitest";

import { pieces, plain } from "./ansi";
import { random } from "./random.test-part";

const words = (text: string) =>
  pieces(text)
    .map(({ text }) => text)
    .join("");

test("colours become data, and end where they end", () => {
  expect(pieces("\u001b[31;1mred\u001b[0m end")).toEqual([
    { text: "red", style: { ink: 1, bold: true } },
    { text: " end", style: {} },
  ]);
  expect(pieces("\u001b[92mgreen\u001b[39m\u001b[4m under\u001b[24m")).toEqual([
    { text: "green", style: { ink: 10 } },
    { text: " under", style: { underlined: true } },
  ]);
  expect(pieces("\u001b[7mturned\u001b[27;9mstruck\u001b[m.")).toEqual([
    { text: "turned", style: { inverse: true } },
    { text: "struck", style: { struck: true } },
    { text: ".", style: {} },
  ]);
});

test("colours of 256 and true colours become the nearest of sixteen", () => {
  const ink = (text: string) => pieces(`${text}x`)[0]?.style.ink;
  expect(ink("\u001b[38;5;196m")).toBe(9);
  expect(ink("\u001b[38;5;28m")).toBe(2);
  expect(ink("\u001b[38;2;255;255;255m")).toBe(15);
  expect(ink("\u001b[38;2;10;10;10m")).toBe(0);
  expect(ink("\u001b[38;5;300m")).toBeUndefined();
  expect(pieces("\u001b[48;2;0;0;200;3mx")[0]?.style).toEqual({ ground: 4, italic: true });
});

test("every other sequence is left out, and markup is text", () => {
  expect(words("\u001b]8;;http://x\u0007link\u001b]8;;\u001b\\!")).toBe("link!");
  expect(words("\u001b[2Kgone\u001b[1;1H")).toBe("gone");
  expect(words("\u001b[31")).toBe("");
  expect(words("<img src=x onerror=alert(1)>&lt;")).toBe("<img src=x onerror=alert(1)>&lt;");
  expect(words("bell\u0007 null\u0000 del\u007f tab\t")).toBe("bell\u2407 null\u2400 del\u2421 tab\t");
});

test("nothing is too strange: no escape is ever shown, and the words are the same with colours and without", () => {
  const next = random(7);
  const parts = [
    "\u001b",
    "[",
    "]",
    "0",
    "31",
    ";",
    "38",
    "5",
    "2",
    "m",
    "K",
    "a",
    "é",
    "\u0007",
    "\\",
    " ",
    "<",
    "🦊",
  ];
  for (let round = 0; round < 3000; round += 1) {
    const text = Array.from({ length: next(20) }, () => parts[next(parts.length)]).join("");
    expect(words(text)).not.toContain("\u001b");
    expect(words(text)).toBe(words(plain(text)));
    for (const { style } of pieces(text)) {
      for (const color of [style.ink ?? 0, style.ground ?? 0]) expect(color >= 0 && color <= 15).toBe(true);
    }
  }
});
