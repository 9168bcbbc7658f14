import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { api, type Tenant, type TenantPage } from "..";
import { isMoved, Looks, newer } from "./live";
import { LISTS, tenant as one } from "./tenants";

const tenant = (id: string, change: Partial<Tenant> = {}) =>
  ({
    id,
    subdomain: `study-${id}`,
    status: "active",
    generation: 1,
    observed_generation: 1,
    observed_at: "2026-11-30T12:00:00Z",
    created_at: "2026-11-30T10:00:00Z",
    ...change,
  }) as Tenant;
const page = (items: Tenant[], next: string | null = null): TenantPage => ({ items, next });

test("what is newer is shown, and what is only hoped for until the server has spoken", () => {
  const [old, later] = [tenant("a"), tenant("a", { observed_at: "2026-11-30T12:00:01Z" })];
  expect(newer(old, later)).toBe(later);
  expect(newer(later, old)).toBe(later);
  const hoped = tenant("a", { generation: 2 });
  expect(newer(hoped, later)).toBe(hoped);
  expect(newer(later, hoped)).toBe(hoped);
});

test("a list is read again only where an instance comes into it or leaves it", () => {
  const pages = [page([tenant("a"), tenant("b", { created_at: "2026-11-30T09:00:00Z" })], "more")];
  const older = tenant("x", { created_at: "2026-11-30T08:00:00Z" });
  const fresh = tenant("x", { created_at: "2026-11-30T11:00:00Z" });
  expect(isMoved(tenant("a", { status: "stopped" }), { wish: {}, pages })).toBe(false);
  expect(isMoved(tenant("a", { status: "stopped" }), { wish: { status: "active" }, pages })).toBe(true);
  expect(isMoved(fresh, { wish: {}, pages })).toBe(true);
  expect(isMoved(fresh, { wish: { search: "nosuch" }, pages })).toBe(false);
  expect(isMoved(fresh, { wish: { status: "stopped" }, pages })).toBe(false);
  expect(isMoved(older, { wish: {}, pages })).toBe(false);
});

let asked: string[];
let answers: Map<string, Tenant>;
const known = new QueryClient();

beforeEach(() => {
  vi.useFakeTimers();
  [asked, answers] = [[], new Map()];
  vi.spyOn(api, "GET").mockImplementation((async (_: string, { params }: { params: { path: { id: string } } }) => {
    asked.push(params.path.id);
    return { data: answers.get(params.path.id), response: new Response() };
  }) as never);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  known.clear();
});

test("what happens together is looked at once, a round at a time, and shown wherever it stands", async () => {
  const looks = new Looks(known);
  known.setQueryData([...LISTS, {}], { pages: [page([tenant("a"), tenant("b")])], pageParams: [undefined] });
  known.setQueryData(one("a").queryKey, tenant("a"));
  const untouched = known.getQueryState([...LISTS, {}])?.dataUpdatedAt;
  answers.set("a", tenant("a", { status: "stopped" }));
  for (let times = 0; times < 20; times += 1) looks.want("a");
  await vi.advanceTimersByTimeAsync(100);
  expect(asked).toEqual(["a"]);
  expect(known.getQueryData(one("a").queryKey)?.status).toBe("stopped");
  const list = known.getQueryData<{ pages: TenantPage[] }>([...LISTS, {}]);
  expect(list?.pages[0]?.items.map(({ status }) => status)).toEqual(["stopped", "active"]);
  // During a round nobody looks again; after it once.
  for (let times = 0; times < 20; times += 1) looks.want("a");
  await vi.advanceTimersByTimeAsync(900);
  expect(asked).toEqual(["a"]);
  await vi.advanceTimersByTimeAsync(200);
  expect(asked).toEqual(["a", "a"]);
  // A list that does not show it is left alone, so that it is read when it is due.
  answers.set("c", tenant("c"));
  const before = known.getQueryState([...LISTS, {}])?.dataUpdatedAt;
  looks.want("c");
  await vi.advanceTimersByTimeAsync(2_000);
  expect(known.getQueryState([...LISTS, {}])?.dataUpdatedAt).toBe(before);
  expect(before).toBeGreaterThanOrEqual(untouched ?? 0);
  looks.stop();
});

test("very many are not looked at one by one", async () => {
  const looks = new Looks(known);
  for (let number = 0; number < 50; number += 1) looks.want(`${number}`);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(asked).toEqual([]);
  looks.stop();
});
