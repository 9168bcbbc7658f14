// The pages that are looked at. A new page adds its line.

export interface Visit {
  /** Of the pictures. */
  name: string;
  path: string;
  /** Who looks. */
  as: "nobody" | "ada";
  /** What is there once the page is whole. */
  until: string;
}

export const VISITS: readonly Visit[] = [
  { name: "home", path: "/", as: "nobody", until: "h1" },
  { name: "home-signed-in", path: "/", as: "ada", until: "h1" },
  { name: "terms", path: "/terms", as: "nobody", until: "h1" },
  { name: "privacy", path: "/privacy", as: "nobody", until: "h1" },
  { name: "status", path: "/status", as: "nobody", until: "h2:has-text('All is well')" },
  { name: "support", path: "/support", as: "nobody", until: "h1" },
  { name: "sign-in", path: "/sign-in", as: "nobody", until: "button[type=submit]" },
  { name: "sign-up", path: "/sign-up", as: "nobody", until: "h1" },
  { name: "forgot-password", path: "/forgot-password", as: "nobody", until: "button[type=submit]" },
  {
    name: "reset-password",
    path: `/reset-password#token=${"0".repeat(64)}`,
    as: "nobody",
    until: "button[type=submit]",
  },
  { name: "reset-password-refused", path: "/reset-password", as: "nobody", until: "h1" },
  { name: "verify-email-refused", path: "/verify-email", as: "nobody", until: "h1" },
  { name: "invitation", path: `/invitation#token=${"0".repeat(64)}`, as: "nobody", until: "h1" },
  { name: "not-found", path: "/no-such-page", as: "nobody", until: "h1" },
  { name: "gallery", path: "/dev/gallery", as: "nobody", until: "h1" },
  { name: "invitation-signed-in", path: `/invitation#token=${"0".repeat(64)}`, as: "ada", until: "main button" },
  { name: "device", path: "/device#code=WDJB-MJHT", as: "ada", until: "button[type=submit]" },
  { name: "instances", path: "/instances", as: "ada", until: "main li" },
  { name: "instances-filtered", path: "/instances?search=nosuch", as: "ada", until: "main h2" },
  { name: "sessions", path: "/account/sessions", as: "ada", until: "main li" },
  { name: "security", path: "/account/security", as: "ada", until: "main p" },
];
