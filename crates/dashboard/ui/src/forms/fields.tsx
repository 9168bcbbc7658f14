// Fields of a Form. What a value must be stands in the form's schema; a field says how it looks and what it is called.

import Field from "@codaco/fresco-ui/form/Field/Field";
import Checkbox from "@codaco/fresco-ui/form/fields/Checkbox";
import InputField from "@codaco/fresco-ui/form/fields/InputField";
import FrescoPasswordField from "@codaco/fresco-ui/form/fields/PasswordField";
import NativeSelect from "@codaco/fresco-ui/form/fields/Select/Native";
import TextAreaField from "@codaco/fresco-ui/form/fields/TextArea";
import type { CustomFieldValidation } from "@codaco/fresco-ui/form/store/types";
import type { HTMLInputAutoCompleteAttribute, ReactNode } from "react";
import { z } from "zod/mini";

import { useShape } from "./Form";

interface FieldProps {
  /** As the schema calls it, and as the API does. */
  name: string;
  label: string;
  hint?: ReactNode;
  initialValue?: string;
  disabled?: boolean;
}

interface TextFieldProps extends FieldProps {
  type?: "text" | "email" | "search" | "url";
  autoComplete?: HTMLInputAutoCompleteAttribute;
  inputMode?: "text" | "numeric" | "email";
  autoFocus?: boolean;
}

export function TextField({ name, type = "text", label, ...rest }: TextFieldProps) {
  const rules = useRules(name, label);
  const plain = type === "email" ? ({ autoCapitalize: "none", spellCheck: false } as const) : {};
  return <Field name={name} component={InputField} type={type} {...rules} {...plain} {...rest} />;
}

interface PasswordFieldProps extends FieldProps {
  autoComplete: "current-password" | "new-password";
  autoFocus?: boolean;
}

export function PasswordField({ name, label, ...rest }: PasswordFieldProps) {
  const rules = useRules(name, label);
  return <Field name={name} component={FrescoPasswordField} placeholder="" {...rules} {...rest} />;
}

export function TextArea({ name, label, ...rest }: FieldProps) {
  const rules = useRules(name, label);
  return <Field name={name} component={TextAreaField} {...rules} {...rest} />;
}

interface SelectFieldProps extends FieldProps {
  options: { value: string; label: string }[];
}

export function SelectField({ name, label, ...rest }: SelectFieldProps) {
  const rules = useRules(name, label);
  return <Field name={name} component={NativeSelect} {...rules} {...rest} />;
}

interface CheckboxFieldProps extends Omit<FieldProps, "initialValue"> {
  initialValue?: boolean;
}

export function CheckboxField({ name, initialValue = false, ...rest }: CheckboxFieldProps) {
  return (
    <div className="checkbox-field mb-8">
      <Field name={name} component={Checkbox} initialValue={initialValue} {...rest} />
    </div>
  );
}

/** What a field is checked by when it is left: the schema's member of its name. Who may leave it out is told. */
function useRules(name: string, label: string): { label: string; required?: string; custom?: CustomFieldValidation } {
  const schema = useShape()[name];
  if (schema === undefined) return { label };
  // A function, since Fresco compares rules by their JSON.
  const custom = { schema: () => unlessEmpty(schema), hint: "" };
  if (schema.safeParse("").success || schema.safeParse(undefined).success) {
    return { label: `${label} (optional)`, custom };
  }
  return { label, custom, required: `Enter your ${label.charAt(0).toLowerCase()}${label.slice(1)}` };
}

function unlessEmpty(schema: z.ZodMiniType): z.ZodMiniType {
  const check = z.superRefine<unknown>((value, context) => {
    if (value === undefined || value === "") return;
    for (const { message } of schema.safeParse(value).error?.issues ?? []) {
      context.addIssue({ code: "custom", input: value, message });
    }
  });
  return z.unknown().check(check);
}
