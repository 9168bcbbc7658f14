import { Button } from "@codaco/fresco-ui/Button";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { z } from "zod/mini";

import { api, expect, type Myself, type TotpSecret } from "@/api";
import { me } from "@/api/queries/me";
import { Form } from "@/forms/Form";
import { PasswordField, TextField } from "@/forms/fields";
import { Submit } from "@/forms/Submit";
import { password } from "@/forms/schema";
import { CopyButton } from "@/ui/CopyButton";
import { AnchorButton } from "@/ui/LinkButton";
import { LoadingText } from "@/ui/Loading";
import { Message } from "@/ui/Message";
import { Section } from "@/ui/Section";

const QrCode = lazy(() => import("@/ui/QrCode"));

type Wish = "begin" | "renew" | "end";

const WISHES: Record<Wish, { title: string; words: string }> = {
  begin: { title: "Use a second factor", words: "Go on" },
  renew: { title: "Make new recovery codes", words: "Make new codes" },
  end: { title: "Do without the second factor", words: "Do without it" },
};

/** Codes of an app beside the password: begun, renewed, ended; each wants once more whatever one signs in with. */
export function SecondFactor({ myself: { second_factor, recovery_codes_left } }: { myself: Myself }) {
  const [wish, setWish] = useState<Wish>();
  const [secret, setSecret] = useState<TotpSecret>();
  const [codes, setCodes] = useState<string[]>();
  const offered: Wish[] = second_factor ? ["renew", "end"] : ["begin"];
  const done = () => setWish(undefined);
  return (
    <Section title="Second factor">
      <p>
        {second_factor
          ? `A code of your app is asked for when you sign in; ${recovery_codes_left} recovery codes are left.`
          : "With a second factor, who learns your password still can't sign in: a code of an app on your phone is asked for too."}
      </p>
      {codes !== undefined && <Codes codes={codes} />}
      {secret !== undefined && (
        <Confirm
          secret={secret}
          onDone={(made) => {
            setSecret(undefined);
            setCodes(made);
          }}
        />
      )}
      {wish !== undefined && (
        <Again
          wish={wish}
          onBegun={(begun) => {
            setSecret(begun);
            done();
          }}
          onCodes={(made) => {
            setCodes(made);
            done();
          }}
          onEnded={() => {
            setCodes(undefined);
            done();
          }}
        />
      )}
      {wish === undefined && secret === undefined && (
        <div className="flex flex-wrap gap-3">
          {offered.map((one) => (
            <Button key={one} variant="outline" color="primary" onClick={() => setWish(one)}>
              {WISHES[one].title}…
            </Button>
          ))}
        </div>
      )}
    </Section>
  );
}

const byPassword = z.object({ password });
const byBoth = z.object({
  password,
  code: z.string("Enter your code").check(z.trim(), z.minLength(6, "Enter your code, whole")),
});

interface AgainProps {
  wish: Wish;
  onBegun: (secret: TotpSecret) => void;
  onCodes: (codes: string[]) => void;
  onEnded: () => void;
}

/** The password once more, and a code where there is a second factor; then what is wished for. */
function Again({ wish, onBegun, onCodes, onEnded }: AgainProps) {
  const known = useQueryClient();
  const ask = useMutation({
    mutationFn: async (body: { password: string; code?: string }) => {
      if (wish === "begin") onBegun(await expect(api.POST("/api/v1/me/totp", { body })));
      else if (wish === "renew") onCodes((await expect(api.POST("/api/v1/me/recovery-codes", { body }))).codes);
      else {
        await expect(api.POST("/api/v1/me/totp/disable", { body }));
        onEnded();
      }
    },
    onSuccess: () => known.invalidateQueries(me()),
  });
  const isSecond = wish !== "begin";
  return (
    <Form schema={isSecond ? byBoth : byPassword} onSubmit={(values) => ask.mutateAsync(values)}>
      <PasswordField name="password" label="Your password, once more" autoComplete="current-password" autoFocus />
      {isSecond && (
        <TextField
          name="code"
          label="Code"
          hint="Of your authenticator app, or one of your recovery codes."
          autoComplete="one-time-code"
        />
      )}
      <Submit busy="One moment…">{WISHES[wish].words}</Submit>
    </Form>
  );
}

const first = z.object({
  code: z.string("Enter the code").check(z.trim(), z.regex(/^\d{6}$/, "Enter the six digits that your app shows")),
});

function Confirm({ secret, onDone }: { secret: TotpSecret; onDone: (codes: string[]) => void }) {
  const known = useQueryClient();
  const confirm = useMutation({
    mutationFn: (body: { code: string }) => expect(api.POST("/api/v1/me/totp/confirm", { body })),
    onSuccess: async ({ codes }) => {
      onDone(codes);
      await known.invalidateQueries(me());
    },
  });
  return (
    <>
      <p>Point the camera of your app at this code; or type the secret below it into your app.</p>
      <Suspense fallback={<LoadingText lines={6} />}>
        <QrCode text={secret.url} label="QR code of the secret" />
      </Suspense>
      <Message title="The secret, to be typed" action={<CopyButton text={secret.secret} label="Copy the secret" />}>
        <code className="block break-all">{secret.secret}</code>
      </Message>
      <div>
        <AnchorButton href={secret.url} variant="outline" size="sm">
          Open it in an app on this device
        </AnchorButton>
      </div>
      <Form schema={first} onSubmit={(values) => confirm.mutateAsync(values)}>
        <TextField name="code" label="Code that your app shows" inputMode="numeric" autoComplete="one-time-code" />
        <Submit busy="One moment…">Use it from now on</Submit>
      </Form>
    </>
  );
}

function Codes({ codes }: { codes: string[] }) {
  return (
    <Message
      kind="success"
      title="Keep these recovery codes somewhere safe"
      action={<CopyButton text={codes.join("\n")} label="Copy the codes" />}
    >
      <p>Each lets you in once without your phone. Nobody can be shown them a second time.</p>
      <ul className="mt-3 grid grid-cols-[repeat(auto-fill,minmax(12rem,1fr))] gap-1">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
    </Message>
  );
}
