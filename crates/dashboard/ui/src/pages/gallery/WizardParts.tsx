import Heading from "@codaco/fresco-ui/typography/Heading";
import { FlaskConical, NotebookPen } from "lucide-react";
import { useState } from "react";

import { ChoiceCards } from "@/ui/ChoiceCards";
import { CopyLink } from "@/ui/CopyLink";
import { LastLines } from "@/ui/LastLines";
import { Panel } from "@/ui/Panel";
import { Questions } from "@/ui/Questions";
import { StepTimeline } from "@/ui/StepTimeline";
import { StrengthMeter } from "@/ui/StrengthMeter";

const CHOICES = [
  { value: "study", title: "A study", text: "Interviews whose data count.", Icon: NotebookPen },
  { value: "testing", title: "Testing", text: "Trying a protocol.", Icon: FlaskConical },
] as const;
const LINES = ["starting", "\u2717 can't reach the database", "ending with 1"];

/** What people decide and wait with. */
export function WizardParts() {
  const [choice, setChoice] = useState<"study" | "testing">("study");
  return (
    <Panel>
      <Heading level="h2" className="mb-5 text-xl">
        Deciding and waiting
      </Heading>
      <div className="flex flex-col gap-8">
        <ChoiceCards legend="Purpose" name="purpose" choices={CHOICES} value={choice} onChange={setChoice} />
        <div className="tablet-portrait:grid-cols-2 grid gap-6">
          <StrengthMeter score={0} words="" />
          <StrengthMeter score={1} words="Too easy to guess" advice="Take several words." />
          <StrengthMeter score={2} words="Not enough yet" advice="3 more characters, or another word." />
          <StrengthMeter score={4} words="Very good" />
        </div>
        <StepTimeline
          label="Steps of a deploy"
          steps={[
            { words: "Creating the database", state: "done", took: 400 },
            { words: "Starting the container", state: "now", took: 12_000 },
            { words: "Opening the address", state: "next" },
          ]}
        />
        <StepTimeline
          label="Steps of one that failed"
          steps={[
            { words: "Creating the database", state: "done", took: 1_400 },
            { words: "Fetching the application", state: "failed", took: 61_000 },
          ]}
        />
        <LastLines label="Last lines" lines={LINES} />
        <CopyLink link="https://my-study.example.org">Copy the link</CopyLink>
        <Questions questions={[{ asks: "Can I get my data out?", answer: "At any time." }]} />
      </div>
    </Panel>
  );
}
