import { CircleCheck, Info, type LucideProps, TriangleAlert } from "lucide-react";

const ICONS = { info: Info, success: CircleCheck, warning: TriangleAlert };

/** In place of Fresco's: the ones that its own components ask for. */
export default function Icon({ name, ...props }: { name: keyof typeof ICONS } & LucideProps) {
  const Found = ICONS[name];
  return <Found {...props} />;
}
