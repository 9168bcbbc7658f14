import { Link } from "@tanstack/react-router";
import { ArrowLeft } from "lucide-react";

/** The way back from one of them. */
export function AllInstances() {
  return (
    <Link to="/instances" className="inline-link inline-flex min-h-11 items-center gap-2">
      <ArrowLeft aria-hidden className="size-5" />
      All instances
    </Link>
  );
}
