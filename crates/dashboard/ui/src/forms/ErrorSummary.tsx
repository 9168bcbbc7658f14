import useFormStore from "@codaco/fresco-ui/form/hooks/useFormStore";
import { OctagonAlert } from "lucide-react";

/**
 * What is not right, in one place, each with a way to its field; several only once it was tried to send them. One alone stands at its
 * field, and is not said twice.
 */
export function ErrorSummary({ tried }: { tried: boolean }) {
  const { formErrors, fieldErrors } = useFormStore((state) => state.errors);
  const isSubmitting = useFormStore((state) => state.isSubmitting);
  const listed = Object.entries(fieldErrors).flatMap(([name, messages]) =>
    (messages ?? []).map((message) => ({ name, message })),
  );
  const isLong = tried && listed.length > 1;
  if (isSubmitting || (formErrors.length === 0 && !isLong)) return null;
  return (
    <div
      data-error-summary
      role="alert"
      tabIndex={-1}
      className="border-destructive mb-8 flex gap-4 rounded-sm border-2 px-5 py-4"
    >
      <OctagonAlert aria-hidden className="text-destructive mt-0.5 size-6 shrink-0" />
      <div className="min-w-0 flex-1">
        {formErrors.map((message) => (
          <p key={message}>{message}</p>
        ))}
        {isLong && (
          <>
            <p className="font-bold">{listed.length} things are not right</p>
            <ul className="mt-1 list-disc pl-5">
              {listed.map(({ name, message }) => (
                <li key={`${name} ${message}`}>
                  <a
                    className="inline-link"
                    href={`#${name}`}
                    onClick={(event) => {
                      event.preventDefault();
                      const control = controlOf(event.currentTarget.closest("form"), name);
                      unfold(control);
                      control?.focus();
                    }}
                  >
                    {message}
                  </a>
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
    </div>
  );
}

/** After a try: to the summary if there is one, else to the field that is not right. None of these stays folded away. */
export function focusErrors(form: HTMLElement | null): void {
  for (const refused of form?.querySelectorAll('[aria-invalid="true"]') ?? []) unfold(refused);
  const summary = form?.querySelector<HTMLElement>("[data-error-summary]");
  (summary ?? form?.querySelector<HTMLElement>('[aria-invalid="true"]'))?.focus();
}

/** Opens what a field is closed away in: there, it is neither seen nor takes the focus. */
function unfold(field: Element | null | undefined): void {
  const details = field?.closest("details");
  if (details) details.open = true;
}

function controlOf(form: HTMLElement | null, name: string): HTMLElement | null | undefined {
  const field = form?.querySelector(`[data-field-name="${CSS.escape(name)}"]`);
  return field?.querySelector<HTMLElement>('input, textarea, select, button[role="checkbox"]');
}
