import { Button } from "@codaco/fresco-ui/Button";
import { useState } from "react";
import { CopyButton } from "@/ui/CopyButton";
import { Dialog } from "@/ui/Dialog";
import { Fact, Facts } from "@/ui/Facts";
import { Meter } from "@/ui/Meter";
import { Sparkline } from "@/ui/Sparkline";
import { VirtualList } from "@/ui/VirtualList";

const LOAD = [2, 3, 2, 8, 9, 4, 3, 2, 6, 7, 5, 4].map((part) => part / 10);
const MANY = Array.from({ length: 1_000 }, (_, index) => `No. ${index + 1}`);

/** What is measured, named and counted. */
export function Numbers() {
  return (
    <>
      <div className="grid max-w-sm gap-4">
        <Meter label="Nothing used" value={0} max={256} words="0 of 256 MiB" />
        <Meter label="Some used" value={96} max={256} words="96 of 256 MiB" />
        <Meter label="Close to the limit" value={240} max={256} words="240 of 256 MiB" />
        <Sparkline values={[]} max={1} slots={12} />
        <Sparkline values={LOAD.slice(0, 6)} max={1} slots={12} />
        <Sparkline values={LOAD} max={1} slots={12} />
      </div>
      <Facts>
        <Fact name="Version">4.0.0</Fact>
        <Fact name="Image">registry.example.org/fresco:4.0.0</Fact>
      </Facts>
    </>
  );
}

/** What is decided or taken along. */
export function Decisions() {
  const [isOpen, setOpen] = useState(false);
  return (
    <div className="flex flex-wrap gap-3">
      <Button variant="outline" onClick={() => setOpen(true)}>
        Apply…
      </Button>
      <CopyButton text="https://my-study.example.org" label="Copy the link" />
      {isOpen && (
        <Dialog open closeDialog={() => setOpen(false)} title="Apply 2 changes?">
          <p>my-study restarts with them.</p>
        </Dialog>
      )}
    </div>
  );
}

/** A thousand, of which few are on the page. */
export function Many() {
  const [isShown, setShown] = useState(false);
  if (!isShown) return <Button onClick={() => setShown(true)}>Show a thousand</Button>;
  return (
    <VirtualList label="A thousand" items={MANY} keyOf={(item) => item} estimate={28} gap={4} total={MANY.length}>
      {(item) => <p>{item}</p>}
    </VirtualList>
  );
}
