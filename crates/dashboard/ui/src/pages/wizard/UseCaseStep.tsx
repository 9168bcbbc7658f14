import UnconnectedField from "@codaco/fresco-ui/form/Field/UnconnectedField";
import TextArea from "@codaco/fresco-ui/form/fields/TextArea";
import { useMutation } from "@tanstack/react-query";
import { ExternalLink, FlaskConical, GraduationCap, NotebookPen, PenLine } from "lucide-react";
import { type FormEvent, useState } from "react";

import type { UseCase } from "@/api";
import { type Choice, ChoiceCards } from "@/ui/ChoiceCards";
import { AnchorButton } from "@/ui/LinkButton";
import { Message } from "@/ui/Message";

import { Go, Refusal } from "./Go";

export type Kind = "study" | "testing" | "learning" | "other";

export const CHOICES: readonly Choice<Kind>[] = [
  { value: "study", title: "A study", text: "Interviews with participants, whose data count.", Icon: NotebookPen },
  { value: "testing", title: "Testing", text: "Trying a protocol, or whether Fresco suits us.", Icon: FlaskConical },
  { value: "learning", title: "Learning", text: "A course, a workshop, or finding my way.", Icon: GraduationCap },
  { value: "other", title: "Something else", text: "In a few words of your own.", Icon: PenLine },
];

/** Characters of a description. */
const LONGEST = 500;

export interface TypedUseCase {
  kind?: Kind;
  description?: string;
}

interface UseCaseStepProps {
  typed: TypedUseCase;
  onType: (typed: TypedUseCase) => void;
  /** Gives where that can be done without an instance, if there is such a place. */
  onSave: (useCase: UseCase) => Promise<string | undefined>;
  onDone: () => void;
}

/** What the instance is for. Who tests or learns is told of a place where that can be done at once. */
export function UseCaseStep({ typed, onType, onSave, onDone }: UseCaseStepProps) {
  const { kind, description = "" } = typed;
  const [missing, setMissing] = useState<"kind" | "description">();
  const [sandbox, setSandbox] = useState<string>();
  const save = useMutation({
    mutationFn: (useCase: UseCase) => onSave(useCase),
    onSuccess: (url) => (url === undefined ? onDone() : setSandbox(url)),
  });
  const change = (next: TypedUseCase) => {
    setMissing(undefined);
    setSandbox(undefined);
    onType(next);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (save.isPending) return;
    const words = description.trim();
    if (sandbox !== undefined) onDone();
    else if (kind === undefined) setMissing("kind");
    else if (kind === "other" && words === "") setMissing("description");
    else save.mutate({ kind, description: kind === "other" ? words : null });
  };
  return (
    <form noValidate onSubmit={submit} className="flex flex-col gap-8">
      <Refusal error={save.error} />
      <ChoiceCards
        legend="What is your instance for?"
        name="kind"
        choices={CHOICES}
        value={kind}
        onChange={(kind) => change({ kind, description })}
        describedBy={missing === "kind" ? "kind-error" : undefined}
      />
      {missing === "kind" && (
        <p id="kind-error" role="alert" className="text-destructive font-bold">
          Choose one of these.
        </p>
      )}
      {kind === "other" && (
        <UnconnectedField
          name="description"
          label="What is it for?"
          hint="Whoever runs this installation may read it."
          component={TextArea}
          maxLength={LONGEST}
          value={description}
          onChange={(description?: string) => change({ kind, description: description ?? "" })}
          errors={["Say in a few words what it is for."]}
          showErrors={missing === "description"}
        />
      )}
      {sandbox !== undefined && <Sandbox url={sandbox} />}
      <Go busy="Keeping it…" isBusy={save.isPending}>
        {sandbox === undefined ? "Continue" : "Make an instance all the same"}
      </Go>
    </form>
  );
}

function Sandbox({ url }: { url: string }) {
  return (
    <Message
      title="The Fresco sandbox may be all that you need"
      action={
        <AnchorButton href={url} target="_blank" rel="noreferrer" size="sm" variant="outline">
          Open it <ExternalLink aria-hidden className="size-4" />
        </AnchorButton>
      }
    >
      It is Fresco, shared by everybody, ready at once. What is in it is emptied now and then and is seen by others, so
      it is not for real data.
    </Message>
  );
}
