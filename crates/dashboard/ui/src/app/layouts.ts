// What pages stand in. An area's routes name one of these as their parent.

import {
  createRootRoute,
  createRoute,
  lazyRouteComponent,
  type ParsedLocation,
  redirect,
} from "@tanstack/react-router";

import { session } from "@/api";
import { me } from "@/api/queries/me";
import { backTo } from "@/pages/auth/next";

import { NotFound } from "./NotFound";
import { PublicLayout } from "./PublicLayout";
import { queries } from "./queries";
import { Root } from "./Root";
import { RouteError } from "./RouteError";

export const root = createRootRoute({ component: Root, notFoundComponent: NotFound, errorComponent: RouteError });

/** For everybody: header and footer. */
export const open = createRoute({ getParentRoute: () => root, id: "open", component: PublicLayout });

/** Before a page for who has signed in: others sign in first and come back. */
export async function signedInOnly({ location }: { location: ParsedLocation }): Promise<void> {
  if (!(await session.known())) throw redirect({ to: "/sign-in", ...backTo(location), replace: true });
}

/** For who has signed in. */
export const signedIn = createRoute({
  getParentRoute: () => root,
  id: "signed-in",
  beforeLoad: signedInOnly,
  loader: () => void queries.prefetchQuery(me()),
  component: lazyRouteComponent(() => import("./SignedInLayout"), "SignedInLayout"),
});
