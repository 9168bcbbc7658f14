import { sentence } from "@/api/problems";

/** A sentence of the API's, which begins small, ends without a stop, and names things `like this`. */
export function Words({ children }: { children: string }) {
  const parts = children.startsWith("`") ? `${children}.`.split("`") : sentence(children).split("`");
  // biome-ignore lint/suspicious/noArrayIndexKey: they are where they are
  return parts.map((part, index) => (index % 2 === 1 ? <strong key={index}>{part}</strong> : part));
}
