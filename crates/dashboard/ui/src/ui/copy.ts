import { notify } from "./notify";

/** Copies it, and says so. Without TLS browsers have no clipboard, so then by way of a field. */
export async function copy(text: string, said: string): Promise<void> {
  try {
    if (navigator.clipboard === undefined) byField(text);
    else await navigator.clipboard.writeText(text);
    notify({ title: said, variant: "success" });
  } catch {
    notify({ title: "It could not be copied", description: "Your browser refused.", variant: "destructive" });
  }
}

function byField(text: string): void {
  const before = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "sr-only";
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  if (before instanceof HTMLElement) before.focus();
  if (!copied) throw new Error("the browser refused");
}
