import { useInstance } from "./useInstance";

export function Environment() {
  return <p>{useInstance().subdomain}</p>;
}
