import { useMemo } from "react";
import { z } from "zod/mini";

import { Form } from "@/forms/Form";
import { CheckboxField } from "@/forms/fields";
import { Submit } from "@/forms/Submit";
import { TermsText } from "@/pages/about/TermsText";
import { Scrollable } from "@/ui/Scrollable";

const schemaOf = (otherwise: string) =>
  z.object({ accepted: z.literal(true, `Accept the terms to go on, or ${otherwise}`) });

const NOTHING_MADE = "close this page: nothing has been made yet";

interface TermsStepProps {
  version: string;
  accepted: boolean;
  /** What who doesn't may do, as words after an "or". */
  otherwise?: string;
  onSave: () => Promise<unknown>;
  onDone: () => void;
}

/** The terms of use, whole, and the box by which they are accepted. */
export function TermsStep({ version, accepted, otherwise = NOTHING_MADE, onSave, onDone }: TermsStepProps) {
  const schema = useMemo(() => schemaOf(otherwise), [otherwise]);
  return (
    <>
      <Scrollable label="Terms of use" className="mb-8 max-h-96 p-6">
        <TermsText />
      </Scrollable>
      <Form
        schema={schema}
        onSubmit={async () => {
          await onSave();
          onDone();
        }}
      >
        <CheckboxField
          name="accepted"
          label={`I have read these terms (version ${version}), and accept them`}
          initialValue={accepted}
        />
        <Submit busy="Keeping it…">Continue</Submit>
      </Form>
    </>
  );
}
