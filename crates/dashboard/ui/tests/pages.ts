// The pages that are looked at. A new page adds its line.

export interface Visit {
  /** Of the pictures. */
  name: string;
  /** `{instance}` stands for the id of one of Ada's, which runs. */
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
  { name: "instances-cards", path: "/instances?view=grid", as: "ada", until: "main li" },
  { name: "new-instance", path: "/instances/new", as: "ada", until: "button[type=submit]" },
  { name: "instance", path: "/instances/{instance}", as: "ada", until: "main section dl" },
  { name: "instance-events", path: "/instances/{instance}/events", as: "ada", until: "main ol li" },
  { name: "instance-environment", path: "/instances/{instance}/environment", as: "ada", until: "button[type=submit]" },
  { name: "instance-settings", path: "/instances/{instance}/settings", as: "ada", until: "button[type=submit]" },
  { name: "instance-danger", path: "/instances/{instance}/danger", as: "ada", until: "main section li" },
  { name: "organisation", path: "/organisation", as: "ada", until: "main li" },
  { name: "keys", path: "/keys", as: "ada", until: "button[type=submit]" },
  { name: "audit", path: "/audit", as: "ada", until: "main li" },
  { name: "profile", path: "/account/profile", as: "ada", until: "button[type=submit]" },
  { name: "sessions", path: "/account/sessions", as: "ada", until: "main li" },
  { name: "letters", path: "/account/letters", as: "ada", until: "button[type=submit]" },
  { name: "security", path: "/account/security", as: "ada", until: "button[type=submit]" },
];
