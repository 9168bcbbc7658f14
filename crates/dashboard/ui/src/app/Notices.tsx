import { useMutation, useQuery } from "@tanstack/react-query";
import { Hourglass, MailCheck } from "lucide-react";
import type { ReactNode } from "react";
import { api, expect } from "@/api";
import { trouble } from "@/api/problems";
import { me } from "@/api/queries/me";
import { AskButton } from "@/ui/AskButton";

/** What an account waits for before it may have things made. */
export function Notices() {
  const { data } = useQuery(me());
  if (data === undefined) return null;
  if (!data.email_verified) return <Unverified email={data.email ?? ""} />;
  if (!data.awaiting_approval) return null;
  return (
    <Notice icon={<Hourglass aria-hidden className="size-6 shrink-0" />}>
      The operator has still to let you in. You can look around meanwhile; a letter tells you when it is done.
    </Notice>
  );
}

function Unverified({ email }: { email: string }) {
  const send = useMutation({ mutationFn: () => expect(api.POST("/api/v1/auth/verify-email/resend")) });
  return (
    <Notice
      icon={<MailCheck aria-hidden className="size-6 shrink-0" />}
      action={send.isSuccess ? null : <AskButton ask={send}>Send it again</AskButton>}
    >
      {send.isSuccess
        ? `A new letter is on its way to ${email}. The link in the one before is no longer good.`
        : send.isError
          ? trouble(send.error).detail
          : `Use the link in the letter to ${email} before you make instances.`}
    </Notice>
  );
}

function Notice({ icon, action, children }: { icon: ReactNode; action?: ReactNode; children: ReactNode }) {
  return (
    <div className="px-4 pt-6 tablet-portrait:px-8">
      <div className="bg-tint border-edge mx-auto flex max-w-6xl flex-wrap items-center gap-4 rounded border px-6 py-4">
        {icon}
        <p role="status" className="min-w-48 flex-1">
          {children}
        </p>
        {action}
      </div>
    </div>
  );
}
