import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import type { NameCheck } from "@/api";
import { nameCheck } from "@/api/queries/wizard";

/** From the last letter to the question, in milliseconds. */
const PAUSE = 300;

export interface CheckedName {
  /** Of this very name; undefined while it is asked for. */
  check: NameCheck | undefined;
  error: unknown;
}

/** Whether a name is to be had, asked for once somebody pauses. What is said of another name is never shown for this one. */
export function useNameCheck(name: string, session?: string): CheckedName {
  const [asked, setAsked] = useState(name);
  useEffect(() => {
    const timer = setTimeout(() => setAsked(name), PAUSE);
    return () => clearTimeout(timer);
  }, [name]);
  const { data, error } = useQuery({ ...nameCheck(asked, session), enabled: asked !== "" });
  return asked === name ? { check: data, error } : { check: undefined, error: null };
}
