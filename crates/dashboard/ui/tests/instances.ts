// Instances of the sample app, for tests that look at one.

import { ask, letter, register } from "./harness.ts";

export interface Owner {
  email: string;
  password: string;
  name: string;
  token: string;
}

let people = 0;

/** Somebody who may have instances. */
export async function owner(): Promise<Owner> {
  people += 1;
  const email = `owner-${people}-${process.pid}-${Date.now()}@example.org`;
  const person = { email, password: "purple monkey dishwasher", name: "Grace Hopper" };
  await register(person);
  const token = (await letter(email, "/verify-email")).split("#token=")[1];
  await ask("POST", "/api/v1/auth/verify-email", { token, password: person.password });
  return { ...person, token: await renewed(person) };
}

/** An access token of this moment. */
export async function renewed({ email, password }: Pick<Owner, "email" | "password">): Promise<string> {
  const login = await ask("POST", "/api/v1/auth/login", { email, password });
  return ((await login.json()) as { access_token: string }).access_token;
}

/** An instance that runs, with these fault switches. */
export async function instance(by: Owner, environment: Record<string, string> = {}): Promise<string> {
  const subdomain = `study-${Date.now().toString(36)}`;
  const made = await ask("POST", "/api/v1/tenants", { subdomain, app: "sample", environment }, by.token);
  const { tenant } = (await made.json()) as { tenant: { id: string } };
  await running(by, tenant.id);
  return tenant.id;
}

/** Waits until it does. */
export async function running(by: Owner, id: string): Promise<void> {
  for (let tries = 0; tries < 120; tries += 1) {
    const shown = await ask("GET", `/api/v1/tenants/${id}`, undefined, by.token);
    const { status } = (await shown.json()) as { status: string };
    if (status === "active") return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`${id} does not run`);
}
