import { useEffect, useState } from "react";

/** What tokens look like; whatever else stands there is none. */
const TOKEN = /^[0-9a-zA-Z_-]{16,256}$/;

/**
 * The token of a mailed link, out of the fragment, which no server sees; null: there is none. It is taken out of the address bar and
 * the history, so that nobody finds it there later.
 */
export function useLinkToken(): string | null {
  const [token] = useState(() => fragmentToken(window.location.hash));
  useEffect(() => {
    const { pathname, search, hash } = window.location;
    if (hash !== "") window.history.replaceState(window.history.state, "", pathname + search);
  }, []);
  return token;
}

export function fragmentToken(hash: string): string | null {
  const token = new URLSearchParams(hash.replace(/^#/, "")).get("token");
  return token !== null && TOKEN.test(token) ? token : null;
}
