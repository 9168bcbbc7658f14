import { Button } from "@codaco/fresco-ui/Button";
import useFormStore from "@codaco/fresco-ui/form/hooks/useFormStore";
import { LoaderCircle } from "lucide-react";
import type { ReactNode } from "react";

interface SubmitProps {
  children: ReactNode;
  busy: string;
  color?: "primary" | "destructive";
}

/** Sends the form; once at a time. */
export function Submit({ children, busy, color = "primary" }: SubmitProps) {
  const isSubmitting = useFormStore((state) => state.isSubmitting);
  return (
    <Button
      type="submit"
      color={color}
      size="lg"
      className="w-full"
      aria-disabled={isSubmitting}
      icon={isSubmitting ? <LoaderCircle aria-hidden className="animate-spin" /> : undefined}
    >
      {isSubmitting ? busy : children}
    </Button>
  );
}
