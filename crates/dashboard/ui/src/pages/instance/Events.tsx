import { useInstance } from "./useInstance";

export function Events() {
  return <p>{useInstance().subdomain}</p>;
}
