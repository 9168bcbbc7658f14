// What forms ask for more than once. The server has the last word: these spare a way there.

import { z } from "zod/mini";

export const email = z
  .string("Enter your email address")
  .check(z.trim(), z.regex(/^[^\s@]+@[^\s@]+\.[^\s@]+$/, "Enter an address as in ada@example.org"));

/** One that exists: nothing is said of it here. */
export const password = z.string("Enter your password").check(z.minLength(1, "Enter your password"));

/** What a new one must be, for people. */
export const PASSWORD_RULE = "12 characters or more. Several words that don't belong together are good.";

export const newPassword = z
  .string("Choose a password")
  .check(z.minLength(8, "Choose a longer password: 12 characters or more"));

export const personName = z.string("Enter your name").check(z.trim(), z.minLength(1, "Enter your name"));

/** As the API takes it; an empty one is left out. */
export const memory = z
  .string()
  .check(z.trim(), z.regex(/^(\d+ ?[KMG]iB)?$/, "Enter a whole number with KiB, MiB or GiB, as in 512MiB"));

export const cpus = z.string().check(z.trim(), z.regex(/^(\d+(\.\d+)?)?$/, "Enter a number of cores, as in 0.5"));

export const pids = z.string().check(z.trim(), z.regex(/^\d*$/, "Enter a whole number, as in 100"));
