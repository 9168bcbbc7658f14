import { useQuery } from "@tanstack/react-query";

import { me } from "@/api/queries/me";
import { LinkButton } from "@/ui/LinkButton";
import { LoadingText } from "@/ui/Loading";
import { Page } from "@/ui/Page";
import { Panel } from "@/ui/Panel";

/** Until the settings stand here. Letters about the second factor lead here. */
export function Security() {
  const { data } = useQuery(me());
  return (
    <Page title="Password and second factor" width="narrow">
      <Panel>
        {data === undefined ? (
          <LoadingText />
        ) : (
          <p>
            {data.second_factor
              ? `A second factor is asked for when you sign in; ${data.recovery_codes_left} recovery codes are left.`
              : "No second factor is asked for when you sign in."}
          </p>
        )}
        <div className="mt-6">
          <LinkButton to="/account/sessions" variant="outline">
            Where I am signed in
          </LinkButton>
        </div>
      </Panel>
    </Page>
  );
}
