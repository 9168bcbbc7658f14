import { useInstance } from "./useInstance";

export function Overview() {
  return <p>{useInstance().subdomain}</p>;
}
