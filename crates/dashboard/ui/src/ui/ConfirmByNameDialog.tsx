import { Button } from "@codaco/fresco-ui/Button";
import UnconnectedField from "@codaco/fresco-ui/form/Field/UnconnectedField";
import InputField from "@codaco/fresco-ui/form/fields/InputField";
import { type FormEvent, useState } from "react";
import { trouble } from "@/api/problems";
import type { ConfirmByNameProps } from "./ConfirmByName";
import Dialog from "./DialogFrame";
import { Message } from "./Message";
import { WRAPS } from "./wraps";

export default function ConfirmByNameDialog(props: ConfirmByNameProps) {
  const { open, onClose, title, name, children, confirm, onConfirm } = props;
  const [typed, setTyped] = useState("");
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const [tried, setTried] = useState(false);
  const isRight = typed.trim() === name;
  const close = () => {
    setTyped("");
    setError(undefined);
    setTried(false);
    onClose();
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!isRight || busy) return;
    setBusy(true);
    try {
      await onConfirm();
      close();
    } catch (thrown) {
      setError(thrown);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog open={open} closeDialog={close} title={title} accent="destructive">
      <form onSubmit={submit} noValidate className="flex flex-col gap-6">
        <div>{children}</div>
        <UnconnectedField
          name="confirmation"
          label={`To confirm, type ${name}`}
          component={InputField}
          value={typed}
          onChange={(value?: string) => setTyped(value ?? "")}
          errors={[`This is not ${name}.`]}
          showErrors={tried && !isRight}
          autoCapitalize="none"
          spellCheck={false}
        />
        {error !== undefined && (
          <Message kind="danger" title={trouble(error).title}>
            {trouble(error).detail}
          </Message>
        )}
        <div className="flex flex-wrap justify-end gap-3">
          <Button type="button" variant="outline" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" color="destructive" className={`min-h-12 ${WRAPS}`} aria-disabled={busy}>
            {busy ? "One moment…" : confirm}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
