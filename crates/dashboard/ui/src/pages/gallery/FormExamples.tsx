import { z } from "zod/mini";

import { ApiError } from "@/api";
import { Form } from "@/forms/Form";
import { CheckboxField, PasswordField, SelectField, TextArea, TextField } from "@/forms/fields";
import { Submit } from "@/forms/Submit";
import { email, newPassword, PASSWORD_RULE } from "@/forms/schema";

const schema = z.object({
  email,
  password: newPassword,
  purpose: z.optional(z.string()),
  remember: z.optional(z.boolean()),
});

const refusal = new ApiError({
  type: "/api/problems#invalid_request",
  title: "Something in the request is not right",
  status: 422,
  detail: "2 things are not right; `errors` lists them",
  instance: "/api/v1/auth/register",
  code: "invalid_request",
  request_id: "6f1c3bb0f6c84f0b9d5d8f3a9f0e7c11",
  errors: [
    { pointer: "#/email", detail: "nobody can be reached there" },
    { pointer: "#/password", detail: "it is among the most common" },
  ],
});

export function FormExamples() {
  return (
    <>
      <Refused />
      <Endless />
    </>
  );
}

/** A form that is empty, and what the server refuses of it. */
function Refused() {
  return (
    <div className="max-w-lg">
      <Form
        schema={schema}
        onSubmit={async () => {
          throw refusal;
        }}
      >
        <TextField name="email" type="email" label="Email address" hint="Letters go there." autoComplete="off" />
        <PasswordField name="password" label="Password" hint={PASSWORD_RULE} autoComplete="new-password" />
        <TextArea name="purpose" label="Purpose" />
        <CheckboxField name="remember" label="Stay signed in on this device" />
        <Submit busy="Sending…">Send</Submit>
      </Form>
    </div>
  );
}

const fields = z.object({ size: z.string(), days: z.string() });

/** What is chosen, a field that has something in it, and what sends what can't be undone; it is sent for ever. */
function Endless() {
  return (
    <div className="max-w-lg">
      <Form schema={fields} onSubmit={() => new Promise(() => undefined)}>
        <SelectField
          name="size"
          label="Size"
          initialValue="small"
          options={[
            { value: "small", label: "Small: 256 MiB" },
            { value: "large", label: "Large: 1 GiB" },
          ]}
        />
        <TextField name="days" label="Days" hint="A whole number." inputMode="numeric" initialValue="30" />
        <Submit busy="Deleting…" color="destructive">
          Delete it for good
        </Submit>
      </Form>
    </div>
  );
}
