import { Button } from "@codaco/fresco-ui/Button";
import useFormStore from "@codaco/fresco-ui/form/hooks/useFormStore";
import { LoaderCircle } from "lucide-react";
import type { ReactNode } from "react";

/** Sends the form; once at a time. */
export function Submit({ children, busy }: { children: ReactNode; busy: string }) {
  const isSubmitting = useFormStore((state) => state.isSubmitting);
  return (
    <Button
      type="submit"
      color="primary"
      size="lg"
      className="w-full"
      aria-disabled={isSubmitting}
      icon={isSubmitting ? <LoaderCircle aria-hidden className="animate-spin" /> : undefined}
    >
      {isSubmitting ? busy : children}
    </Button>
  );
}
