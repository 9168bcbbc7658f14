import { Button } from "@codaco/fresco-ui/Button";
import { Copy, Ellipsis } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { CopyButton } from "@/ui/CopyButton";
import { Details, TechnicalDetails } from "@/ui/Details";
import { Dialog } from "@/ui/Dialog";
import { Fact, Facts } from "@/ui/Facts";
import { LoadingText } from "@/ui/Loading";
import { MENU_ITEM, Menu } from "@/ui/Menu";
import { Scrollable } from "@/ui/Scrollable";
import { Sheet } from "@/ui/Sheet";
import { Sparkline } from "@/ui/Sparkline";
import { VirtualList } from "@/ui/VirtualList";

const QrCode = lazy(() => import("@/ui/QrCode"));

const LOAD = [2, 3, 2, 8, 9, 4, 3, 2, 6, 7, 5, 4].map((part) => part / 10);
const MANY = Array.from({ length: 1_000 }, (_, index) => `No. ${index + 1}`);

/** What is measured, named and counted. */
export function Numbers() {
  return (
    <>
      <div className="grid max-w-sm gap-4">
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
  const [isReading, setReading] = useState(false);
  return (
    <div className="flex flex-wrap gap-3">
      <Button variant="outline" onClick={() => setOpen(true)}>
        Apply…
      </Button>
      <CopyButton text="https://my-study.example.org" label="Copy the link" />
      <Menu label="A menu" icon={<Ellipsis aria-hidden />}>
        <button type="button" data-closes className={MENU_ITEM}>
          <Copy aria-hidden /> Something to do
        </button>
      </Menu>
      <Button variant="outline" onClick={() => setReading(true)}>
        Read…
      </Button>
      {isReading && (
        <Sheet title="Something to read" onClose={() => setReading(false)}>
          <p>It lies above the page, and is closed by Escape.</p>
        </Sheet>
      )}
      {isOpen && (
        <Dialog open closeDialog={() => setOpen(false)} title="Apply 2 changes?">
          <p>my-study restarts with them.</p>
        </Dialog>
      )}
    </div>
  );
}

/** What is there for who wants more. */
export function More() {
  return (
    <>
      <Details title="What it wrote last">
        <p>Nothing.</p>
      </Details>
      <TechnicalDetails>driver failed programming external connectivity: address in use</TechnicalDetails>
      <Scrollable label="What is longer than its place" className="max-h-24 p-4">
        {MANY.slice(0, 12).map((words) => (
          <p key={words}>{words}</p>
        ))}
      </Scrollable>
      <Suspense fallback={<LoadingText lines={6} />}>
        <QrCode text="https://my-study.example.org" label="QR code of the address" />
      </Suspense>
    </>
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
