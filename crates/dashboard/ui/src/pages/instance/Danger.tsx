import { useInstance } from "./useInstance";

export function Danger() {
  return <p>{useInstance().subdomain}</p>;
}
