import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { z } from "zod/mini";

import { open } from "@/app/layouts";

import { inside } from "./next";

const search = z.object({ next: z.optional(z.catch(z.string(), "")) });

const signIn = createRoute({
  getParentRoute: () => open,
  path: "/sign-in",
  validateSearch: (given: Record<string, unknown>): { next?: string } => {
    const next = search.safeParse(given).data?.next;
    return inside(next) ? { next } : {};
  },
  component: lazyRouteComponent(() => import("./SignIn"), "SignIn"),
});

/** What people type. */
const login = createRoute({
  getParentRoute: () => open,
  path: "/login",
  beforeLoad: () => {
    throw redirect({ to: "/sign-in", replace: true });
  },
});

const forgot = createRoute({
  getParentRoute: () => open,
  path: "/forgot-password",
  component: lazyRouteComponent(() => import("./ForgotPassword"), "ForgotPassword"),
});

const reset = createRoute({
  getParentRoute: () => open,
  path: "/reset-password",
  component: lazyRouteComponent(() => import("./ResetPassword"), "ResetPassword"),
});

const verify = createRoute({
  getParentRoute: () => open,
  path: "/verify-email",
  component: lazyRouteComponent(() => import("./VerifyEmail"), "VerifyEmail"),
});

export const authRoutes = [signIn, login, forgot, reset, verify] as const;
