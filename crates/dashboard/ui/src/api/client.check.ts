// Never run: what must compile, and what must not.

import { type Api, connect, expect, type ProblemCode, type Tenant } from "./client";

export async function compiles(api: Api): Promise<Tenant[]> {
  const page = await expect(api.GET("/api/v1/tenants", { params: { query: { limit: 10, status: "active" } } }));
  const made = await expect(api.POST("/api/v1/tenants", { body: { subdomain: "my-study" } }));
  const path = { id: made.tenant.id };
  const header = { "If-Match": `"${made.generation}"` };
  await expect(api.POST("/api/v1/tenants/{id}/rollback", { params: { path, header }, body: {} }));
  const code: ProblemCode = "subdomain_taken";
  return code === "subdomain_taken" ? page.items : [];
}

export async function doesNot(): Promise<void> {
  const api = connect({ accessToken: () => undefined });
  // @ts-expect-error no such path
  await api.GET("/api/v1/nosuch");
  // @ts-expect-error no such parameter
  await api.GET("/api/v1/tenants", { params: { query: { color: "red" } } });
  // @ts-expect-error a body without what it must have
  await api.POST("/api/v1/auth/login", { body: { email: "ada@example.org" } });
  // @ts-expect-error an id is missing
  await api.GET("/api/v1/tenants/{id}", { params: {} });
}
