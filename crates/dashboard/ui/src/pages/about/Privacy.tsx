import { Link } from "@tanstack/react-router";

import { Page } from "@/ui/Page";
import { Panel } from "@/ui/Panel";

import { Chapter } from "./Prose";

/** What is known of whom, where it lies, and how long. As docs/guide/accounts.md has it. */
export function Privacy() {
  return (
    <Page title="Privacy" lead="What is kept of you, where it lies, and how you get it out." width="narrow">
      <Panel spacing="generous">
        <Chapter title="Of your participants">
          <p>
            What they enter goes into your instance's own database, on the server of whoever runs this installation. No
            other instance can read it, and these pages show none of it. You answer for it; the{" "}
            <Link to="/terms" className="inline-link">
              terms of use
            </Link>{" "}
            say how.
          </p>
          <p>
            Media files of your protocol lie where you have decided when you set your instance up: with UploadThing, or
            in a bucket of your institution's.
          </p>
        </Chapter>
        <Chapter title="Of you">
          <ul className="flex list-disc flex-col gap-2 pl-6">
            <li>Your name, your email address, and a fingerprint of your password, from which it can't be read.</li>
            <li>Which terms you have accepted, and when; what you said that your instance is for.</li>
            <li>Where you are signed in: browser and network address, until the session ends.</li>
            <li>What was done to accounts and instances, and by whom: the audit log. Its lines stay.</li>
          </ul>
          <p>
            It serves to run your instances and to protect them. There is no advertising, and no analysis by others.
          </p>
        </Chapter>
        <Chapter title="In your browser">
          <p>
            One cookie keeps you signed in; no script can read it. Beside it your browser remembers that you were signed
            in, and the colours that you have chosen. Everything on these pages comes from this server.
          </p>
        </Chapter>
        <Chapter title="Who else sees it">
          <p>
            Members of your organisations see its instances and one another's names. The operator of this installation
            can see all that is on the server, as the owner of any server can. Letters go through the operator's mail
            server.
          </p>
        </Chapter>
        <Chapter title="What you can do">
          <p>
            Your account gives you everything that is kept of you as a file, and can be deleted there once your
            instances are destroyed. For all else, ask the operator.
          </p>
        </Chapter>
      </Panel>
    </Page>
  );
}
