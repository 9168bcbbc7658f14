import type { DraftKey } from "@/api/queries/wizard";

const ID = /^sgn_[0-9a-f]{32}$/;
const TOKEN = /^[0-9a-zA-Z_-]{16,256}$/;

/** A draft's link has it in the fragment, which no server sees. Undefined: there is none. */
export function readKey(hash: string): DraftKey | undefined {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const [id, token] = [given.get("draft"), given.get("token")];
  return id !== null && token !== null && ID.test(id) && TOKEN.test(token) ? { id, token } : undefined;
}

export function writeKey({ id, token }: DraftKey): string {
  return `draft=${id}&token=${token}`;
}
