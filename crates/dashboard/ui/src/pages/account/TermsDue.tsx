import Heading from "@codaco/fresco-ui/typography/Heading";
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef } from "react";

import { api, expect, type Myself } from "@/api";
import { isProblem } from "@/api/problems";
import { me } from "@/api/queries/me";
import { TermsStep } from "@/pages/wizard/TermsStep";
import { useTitle } from "@/ui/Page";
import { Panel } from "@/ui/Panel";
import { moment } from "@/ui/time";

interface TermsDueProps {
  /** The version that is in force. */
  version: string;
  account: Pick<Myself, "terms_version" | "terms_accepted_at">;
}

/** The terms of use in place of a page, for who has accepted others. */
export default function TermsDue({ version, account: { terms_version, terms_accepted_at } }: TermsDueProps) {
  useTitle("The terms of use have changed");
  const known = useQueryClient();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  const accept = async () => {
    try {
      const account = await expect(api.POST("/api/v1/me/terms", { body: { version } }));
      known.setQueryData(me().queryKey, (now) => now && { ...now, ...account });
    } catch (error) {
      // They have changed once more since this page was opened.
      if (isProblem(error, "terms_not_in_force")) await known.invalidateQueries(me());
      throw error;
    }
  };
  return (
    <div className="tablet-portrait:px-8 tablet-portrait:py-10 mx-auto w-full max-w-3xl grow px-4 py-4">
      <Panel spacing="generous">
        <Heading ref={heading} level="h1" margin="none" tabIndex={-1}>
          The terms of use have changed
        </Heading>
        <p className="text-muted mt-3 mb-8 max-w-xl">
          You have accepted version {terms_version}
          {terms_accepted_at == null ? "" : ` on ${moment(Date.parse(terms_accepted_at))}`}. Read version {version} and
          accept it to go on. Your instances run meanwhile, and so does what asks for them with a key.
        </p>
        <TermsStep
          version={version}
          accepted={false}
          otherwise="leave it at that: your instances go on as they are"
          onSave={accept}
          onDone={focusPage}
        />
        <p className="text-muted mt-6 text-sm">
          Who doesn't accept them can still{" "}
          <Link to="/account/profile" className="inline-link">
            download what is kept of them, or delete their account
          </Link>
          .
        </p>
      </Panel>
    </div>
  );
}

/** To where the page begins that was waited for. */
function focusPage(): void {
  requestAnimationFrame(() => {
    const place = document.querySelector<HTMLElement>("main h1") ?? document.getElementById("main");
    place?.setAttribute("tabindex", "-1");
    place?.focus({ preventScroll: true });
  });
}
