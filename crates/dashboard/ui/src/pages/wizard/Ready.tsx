import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ExternalLink, KeyRound } from "lucide-react";
import type { ReactNode } from "react";

import type { FirstRun, Tenant } from "@/api";
import { claimLink, reopenSetup } from "@/api/queries/deploying";
import { tenant as tenantQuery } from "@/api/queries/tenants";
import { CopyLink } from "@/ui/CopyLink";
import { Countdown } from "@/ui/Countdown";
import { AnchorButton, LinkButton } from "@/ui/LinkButton";
import { Message } from "@/ui/Message";
import { ReadyIllustration } from "@/ui/ReadyIllustration";

import { Frame } from "./Frame";
import { Go, Refusal } from "./Go";
import { STEPS } from "./steps";

const DOCUMENTATION = "https://documentation.networkcanvas.com";

/** It runs: where, how its first administrator comes in, and what to do first. */
export function Ready({ tenant }: { tenant: Tenant }) {
  return (
    <Frame
      title="Your instance is ready"
      steps={STEPS}
      at="deploy"
      footer={<LinkButton to="/instances">Go to the dashboard</LinkButton>}
    >
      <div className="flex flex-col gap-10">
        <div className="flex flex-col items-center gap-5 text-center">
          <ReadyIllustration />
          <p>
            <span className="text-muted block">It answers at</span>
            <a href={tenant.url} target="_blank" rel="noreferrer" className="inline-link text-lg font-bold break-all">
              {tenant.url.replace(/^https?:\/\//, "")}
            </a>
          </p>
        </div>
        {tenant.first_run ? <FirstVisit tenant={tenant} first={tenant.first_run} /> : <Open url={tenant.url} />}
        <QuickStart />
      </div>
    </Frame>
  );
}

function Open({ url }: { url: string }) {
  return (
    <AnchorButton href={url} target="_blank" rel="noreferrer" size="lg" className="w-full">
      Open it <ExternalLink aria-hidden className="size-5" />
    </AnchorButton>
  );
}

function FirstVisit({ tenant, first }: { tenant: Tenant; first: FirstRun }) {
  if (first.state === "set_up") {
    return (
      <>
        <Message kind="success" title="It is set up">
          Its first administrator has an account there.
        </Message>
        <Open url={tenant.url} />
      </>
    );
  }
  return first.state === "expired" ? <Reopen tenant={tenant} /> : <Claim tenant={tenant} first={first} />;
}

function Claim({ tenant, first }: { tenant: Tenant; first: FirstRun }) {
  const claim = useMutation({ mutationFn: () => enter(tenant.id) });
  const isBegun = first.state === "claiming";
  return (
    <Box title={isBegun ? "Finish setting it up" : "Make it yours"}>
      <Refusal error={claim.error} />
      <p className="mb-4">
        {first.gated
          ? "Whoever comes first becomes its administrator, and until then nobody comes but by your link. "
          : "Whoever comes first becomes its administrator, so be quick. "}
        Open it, and make your account there: it is another one than yours here.
      </p>
      {first.until && (
        <p className="mb-5">
          <Countdown until={first.until} label="Time to set it up" />
        </p>
      )}
      <Go busy="Opening…" isBusy={claim.isPending} onClick={() => claim.mutate()}>
        {isBegun ? "Open it again" : "Open and set it up"}
      </Go>
      <div className="mt-4">
        <CopyLink link={async () => (await claimLink(tenant.id)).url}>Copy a link for another browser</CopyLink>
        <p className="text-muted mt-2 text-sm">
          Good for one visit. Give it to nobody else: who has it becomes the administrator.
        </p>
      </div>
    </Box>
  );
}

/** In a tab of its own, opened before the answer is there: later a browser would take it for an advertisement. */
async function enter(id: string): Promise<void> {
  const tab = window.open("", "_blank");
  try {
    const { url } = await claimLink(id);
    if (tab === null) window.location.assign(url);
    else {
      tab.opener = null;
      tab.location.replace(url);
    }
  } catch (error) {
    tab?.close();
    throw error;
  }
}

function Reopen({ tenant }: { tenant: Tenant }) {
  const known = useQueryClient();
  const reopen = useMutation({
    mutationFn: () => reopenSetup(tenant.id),
    onSettled: () => known.invalidateQueries(tenantQuery(tenant.id)),
  });
  return (
    <Box title="The time to set it up is over">
      <Refusal error={reopen.error} />
      <p className="mb-5">
        Nobody has made the first account in time, so the instance takes none any more. Let its time begin anew: it
        restarts, and nothing is lost.
      </p>
      <Go busy="Letting it begin anew…" isBusy={reopen.isPending} onClick={() => reopen.mutate()}>
        Let the time begin anew
      </Go>
    </Box>
  );
}

function Box({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="border-primary rounded border-2 p-6">
      <h2 className="font-heading mb-3 flex items-center gap-3 text-xl font-bold">
        <KeyRound aria-hidden className="text-link size-6 shrink-0" />
        {title}
      </h2>
      {children}
    </section>
  );
}

const QUICK: readonly [title: string, text: string][] = [
  ["Make the first account", "In the instance itself. Version 4 takes passkeys and a second factor, too."],
  [
    "Say where media files live",
    "An UploadThing token, or a bucket that speaks S3. Your institution's IT may have one.",
  ],
  ["Upload your protocol", "The .netcanvas file that you have made in Architect."],
  ["Add participants", "One by one, as a list, or by an anonymous link by which they enrol themselves."],
  ["Try one interview yourself", "On a computer or a tablet, as your participants will. Then share the link."],
];

function QuickStart() {
  return (
    <section>
      <h2 className="font-heading mb-5 text-xl font-bold">What comes first</h2>
      <ol className="flex flex-col gap-4">
        {QUICK.map(([title, text], index) => (
          <li key={title} className="flex gap-4">
            <span
              aria-hidden
              className="bg-tint text-link font-heading flex size-9 shrink-0 items-center justify-center rounded-full font-extrabold"
            >
              {index + 1}
            </span>
            <span>
              <span className="block font-bold">{title}</span>
              <span className="text-muted block">{text}</span>
            </span>
          </li>
        ))}
      </ol>
      <p className="mt-5">
        <a href={DOCUMENTATION} target="_blank" rel="noreferrer" className="inline-link">
          Fresco's documentation
        </a>{" "}
        has all of it in detail.
      </p>
    </section>
  );
}
