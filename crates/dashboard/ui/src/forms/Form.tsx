// Forms: Fresco's fields and store, one schema that says everything, and the server's errors at the fields they are about.
//
// Why this layer and no second one: docs/adr/0013-one-form-layer.md.

import { useForm } from "@codaco/fresco-ui/form/hooks/useForm";
import FormStoreProvider from "@codaco/fresco-ui/form/store/formStoreProvider";
import { createContext, type ReactNode, useContext, useMemo, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { z } from "zod/mini";

import { formErrors } from "@/api/problems";

import { ErrorSummary, focusErrors } from "./ErrorSummary";

type Shape = Record<string, z.ZodMiniType>;

/** Of the form that a field is in: what its value must be, and whether it may be left out. */
const Schema = createContext<Shape>({});
export const useShape = () => useContext(Schema);

interface FormProps<S extends Shape> {
  /** A member a field, by the field's name. */
  schema: z.ZodMiniObject<S>;
  /** What it throws is shown: at the fields that the server names, else above them. */
  onSubmit: (values: z.output<z.ZodMiniObject<S>>) => Promise<unknown>;
  children: ReactNode;
}

export function Form<S extends Shape>(props: FormProps<S>) {
  return (
    <FormStoreProvider>
      <Inner {...props} />
    </FormStoreProvider>
  );
}

function Inner<S extends Shape>({ schema, onSubmit, children }: FormProps<S>) {
  const form = useRef<HTMLFormElement>(null);
  const [tried, setTried] = useState(false);
  const shape: Shape = schema.shape;
  const names = useMemo(() => new Set(Object.keys(shape)), [shape]);
  const send = async (values: unknown) => {
    const parsed = schema.safeParse(values);
    if (!parsed.success) {
      const { formErrors, fieldErrors } = z.flattenError(parsed.error);
      return { success: false, formErrors, fieldErrors: fieldErrors as Record<string, string[]> } as const;
    }
    try {
      await onSubmit(parsed.data);
      return { success: true } as const;
    } catch (error) {
      return { success: false, ...formErrors(error, names) } as const;
    }
  };
  // A second click, before the first one is answered, asks for nothing more.
  const sending = useRef<ReturnType<typeof send>>(undefined);
  const { formProps } = useForm({
    onSubmit: (values) => {
      sending.current ??= send(values).finally(() => {
        sending.current = undefined;
      });
      return sending.current;
    },
    onSubmitInvalid: () => {
      flushSync(() => setTried(true));
      focusErrors(form.current);
    },
  });
  return (
    <form ref={form} noValidate className="flex w-full flex-col" onSubmit={formProps.onSubmit}>
      <ErrorSummary tried={tried} />
      <Schema value={shape}>{children}</Schema>
    </form>
  );
}
