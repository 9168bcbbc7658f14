/** Whether that is a place in this app: nobody is led elsewhere by a link to the sign-in page. */
export function inside(path: string | undefined): path is string {
  if (path === undefined || !path.startsWith("/") || path.startsWith("//") || path.includes("\\")) return false;
  return new URL(path, "http://here.invalid").origin === "http://here.invalid";
}

interface Place {
  pathname: string;
  searchStr: string;
  /** Without its sign. */
  hash: string;
}

/**
 * Has the sign-in page lead back to a place. What is in its fragment may be a secret, and stays in a fragment: a query is sent to the
 * server, and stands in its log.
 */
export function backTo({ pathname, searchStr, hash }: Place): { search: { next: string }; hash: string } {
  return { search: { next: pathname + searchStr }, hash };
}

/** Where the sign-in page leads on to, by its own query and fragment. */
export function onward(next: string | undefined, fragment: string): string {
  if (!inside(next)) return "/instances";
  return next.includes("#") ? next : next + fragment;
}
