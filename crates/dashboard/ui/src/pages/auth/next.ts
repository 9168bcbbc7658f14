/** Whether that is a place in this app: nobody is led elsewhere by a link to the sign-in page. */
export function inside(path: string | undefined): path is string {
  if (path === undefined || !path.startsWith("/") || path.startsWith("//") || path.includes("\\")) return false;
  return new URL(path, "http://here.invalid").origin === "http://here.invalid";
}
