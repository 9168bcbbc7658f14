// A list that is longer than any test host could run.

import type { Page } from "playwright-core";

/** Has the list answer with so many instances, page by page: no test host runs them all. */
export async function many(page: Page, count: number): Promise<void> {
  const statuses = ["active", "stopped", "provisioning", "error"];
  const at = new Date().toISOString();
  const all = Array.from({ length: count }, (_, index) => {
    const subdomain = `study-${String(index).padStart(4, "0")}`;
    const status = statuses[index % statuses.length];
    return {
      id: `tnt_${String(index).padStart(32, "0")}`,
      subdomain,
      url: `https://${subdomain}.example.org`,
      app: "fresco",
      image: "fresco:4.0.0",
      image_pinned: false,
      image_policy: "manual",
      status,
      desired_state: status === "stopped" ? "stopped" : "running",
      generation: 1,
      observed_generation: status === "provisioning" ? 0 : 1,
      observed_at: at,
      conditions: [{ kind: "ready", holds: "true", since: at }],
      environment: {},
      troubles: [],
      created_at: at,
      metadata: {},
      step:
        status === "provisioning" ? { name: "start", description: "Starting the container", since: at, age: 3 } : null,
      last_error: status === "error" ? { cause: "The image can't be had", permanent: true, last_lines: [], at } : null,
      usage:
        status === "active"
          ? {
              at,
              age: 1,
              cpu: (index % 50) / 100,
              cpu_limit: 0.5,
              memory: index * 400_000,
              memory_limit: 536_870_912,
              pids: 20,
            }
          : null,
    };
  });
  await page.route("**/api/v1/tenants?*", (route) => {
    const query = new URL(route.request().url()).searchParams;
    const [from, limit] = [Number(query.get("cursor") ?? 0), Number(query.get("limit") ?? 50)];
    const next = from + limit < count ? String(from + limit) : null;
    return route.fulfill({ json: { items: all.slice(from, from + limit), next } });
  });
}
