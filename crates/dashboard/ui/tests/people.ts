// People and instances as a program makes them, for tests that are about what comes then.

import { createHmac } from "node:crypto";

import { ask, letter, register } from "./harness.ts";

let people = 0;

export interface Person {
  email: string;
  password: string;
  name: string;
  /** An access token of theirs. */
  token: string;
}

/** Somebody with an account and a verified address. */
export async function somebody(name = "Grace Hopper"): Promise<Person> {
  people += 1;
  const person = {
    email: `somebody-${people}-${process.pid}-${Date.now()}@example.org`,
    password: "purple monkey dishwasher",
    name,
  };
  await register(person);
  const token = (await letter(person.email, "/verify-email")).split("#token=")[1];
  await ask("POST", "/api/v1/auth/verify-email", { token, password: person.password });
  return { ...person, token: await tokenOf(person) };
}

export async function tokenOf({ email, password }: Pick<Person, "email" | "password">): Promise<string> {
  const login = await ask("POST", "/api/v1/auth/login", { email, password });
  return ((await login.json()) as { access_token: string }).access_token;
}

export interface Instance {
  id: string;
  subdomain: string;
  generation: number;
}

let instances = 0;

/** An instance of the sample app that runs. */
export async function running(token: string, body: Record<string, unknown> = {}): Promise<Instance> {
  instances += 1;
  const subdomain = `study-${instances}-${Date.now().toString(36)}`;
  const made = await ask("POST", "/api/v1/tenants", { subdomain, app: "sample", ...body }, token);
  const { tenant } = (await made.json()) as { tenant: Instance };
  await reached(tenant, token);
  return tenant;
}

/** Removes an instance at once: nobody has many. */
export async function remove({ id, subdomain }: Instance, token: string): Promise<void> {
  await ask("POST", `/api/v1/tenants/${id}/destroy`, { confirmation: subdomain, immediately: true }, token);
}

/** Waits until an instance is as it was asked to be. */
export async function reached({ id, generation }: Instance, token: string): Promise<void> {
  for (let tries = 0; tries < 30; tries += 1) {
    const path = `/api/v1/tenants/${id}/wait?generation=${generation}&timeout=10`;
    const { reached, failed } = (await (await ask("GET", path, undefined, token)).json()) as Record<string, boolean>;
    if (failed) throw new Error(`${id} has failed`);
    if (reached) return;
  }
  throw new Error(`${id} is not as it should be`);
}

/** An organisation of somebody's, and a token with which they act there. */
export async function organisation(person: Person): Promise<{ id: string; token: string }> {
  const made = await ask("POST", "/api/v1/organisations", { name: "Social Networks Lab" }, person.token);
  const { id } = (await made.json()) as { id: string };
  const switched = await ask("POST", "/api/v1/me/organisation", { organisation: id }, person.token);
  return { id, token: ((await switched.json()) as { access_token: string }).access_token };
}

/** RFC 6238, as authenticator apps have it. */
export function totp(secret: string): string {
  const bits = [...secret]
    .map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0"))
    .join("");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const mac = createHmac("sha1", key).update(counter).digest();
  const at = (mac.at(-1) ?? 0) & 15;
  return String((mac.readUInt32BE(at) & 0x7fff_ffff) % 1_000_000).padStart(6, "0");
}
