import { useInstance } from "./useInstance";

export function Settings() {
  return <p>{useInstance().subdomain}</p>;
}
