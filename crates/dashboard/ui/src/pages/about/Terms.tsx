import { Page } from "@/ui/Page";
import { Panel } from "@/ui/Panel";

import { TermsText } from "./TermsText";

export function Terms() {
  return (
    <Page
      title="Terms of use"
      lead="What you can count on here, and what is asked of you. You accept them when you sign up."
      width="narrow"
    >
      <Panel spacing="generous">
        <TermsText />
      </Panel>
    </Page>
  );
}
