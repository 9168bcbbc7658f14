// What a form of an instance's variables changes.

import type { AppSetting, Variable } from "@/api";

import type { Difference } from "./Review";

type Variables = Record<string, Variable>;

const UNSET = "Not set";
const MASKED = "••••••••";

/** The field that says that a secret is to be unset: none is shown, so none can be emptied. */
export const removalOf = (name: string) => `${name} removed`;

/** What may be shown of a variable. */
export function shownOf({ name, secret }: AppSetting, now: Variables): string {
  if (now[name] === undefined) return UNSET;
  return secret ? MASKED : (now[name].value ?? MASKED);
}

/** What is otherwise than now: for people, and for the API, where null unsets one. An empty secret is as it was. */
export function changesOf(
  settings: readonly AppSetting[],
  now: Variables,
  wished: Record<string, unknown>,
): { differences: Difference[]; environment: Record<string, string | null> } {
  const differences: Difference[] = [];
  const environment: Record<string, string | null> = {};
  for (const setting of settings) {
    const { name, secret } = setting;
    const text = String(wished[name] ?? "");
    const isRemoved = secret ? wished[removalOf(name)] === true : text === "";
    const isSame = secret ? text === "" : text === (now[name]?.value ?? "");
    if (isRemoved ? now[name] === undefined : isSame) continue;
    environment[name] = isRemoved ? null : text;
    const to = isRemoved ? UNSET : secret ? `${MASKED} (new)` : text;
    differences.push({ name, from: shownOf(setting, now), to });
  }
  return { differences, environment };
}
