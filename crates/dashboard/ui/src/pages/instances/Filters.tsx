import { IconButton } from "@codaco/fresco-ui/Button";
import InputField from "@codaco/fresco-ui/form/fields/InputField";
import NativeSelect from "@codaco/fresco-ui/form/fields/Select/Native";
import { useNavigate } from "@tanstack/react-router";
import { LayoutGrid, Rows3, Search } from "lucide-react";
import { useCallback, useEffect, useRef, useState } from "react";

import { type ListWish, readWish, SORTS, type Sort, STATUSES } from "./filter";

/** From the last letter to the question, in milliseconds. */
const PAUSE = 250;

const WORDS: Record<(typeof STATUSES)[number], string> = {
  active: "Running",
  provisioning: "Getting ready",
  pending: "Waiting",
  stopped: "Stopped",
  error: "Failing",
  destroying: "Being destroyed",
  unknown: "Not known",
};

const ORDERS: Record<Sort, string> = {
  name: "By name",
  status: "What needs you first",
  cpu: "Busiest first",
  memory: "Most memory first",
  oldest: "Oldest first",
};

/** What of the list is wished for: in the address, so that it can be shared. */
export function Filters({ wish }: { wish: ListWish }) {
  const navigate = useNavigate();
  const { search = "" } = wish;
  const [words, setWords] = useState(search);
  /** What the address says because of this field: whatever else it says comes from elsewhere, and is taken over. */
  const sent = useRef(search);
  const become = useCallback(
    (change: Record<string, unknown>) =>
      void navigate({ to: "/instances", search: readWish({ ...wish, ...change }), replace: true }),
    [wish, navigate],
  );
  useEffect(() => {
    if (search === sent.current) return;
    sent.current = search;
    setWords(search);
  }, [search]);
  useEffect(() => {
    if (words === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = words;
      become({ search: words });
    }, PAUSE);
    return () => clearTimeout(timer);
  }, [words, become]);
  return (
    <search className="tablet-portrait:flex-row tablet-portrait:flex-wrap mb-5 flex flex-col gap-3">
      <InputField
        type="search"
        aria-label="Search by name"
        placeholder="Search by name"
        prefixComponent={<Search aria-hidden />}
        className="tablet-portrait:min-w-56 tablet-portrait:flex-1 w-full"
        value={words}
        onChange={(value) => setWords(value ?? "")}
      />
      <NativeSelect
        aria-label="State"
        name="status"
        className="tablet-portrait:w-52"
        value={wish.status ?? "all"}
        options={[
          { value: "all", label: "In any state" },
          ...STATUSES.map((status) => ({ value: status, label: WORDS[status] })),
        ]}
        onChange={(status) => become({ status })}
      />
      <NativeSelect
        aria-label="Order"
        name="sort"
        className="tablet-portrait:w-56"
        value={wish.sort ?? "newest"}
        options={[
          { value: "newest", label: "Newest first" },
          ...SORTS.map((sort) => ({ value: sort, label: ORDERS[sort] })),
        ]}
        onChange={(sort) => become({ sort })}
      />
      <fieldset aria-label="View" className="tablet-portrait:flex hidden items-center gap-1">
        <ViewButton
          label="As rows"
          isOn={wish.view === undefined}
          icon={<Rows3 aria-hidden />}
          onClick={() => become({ view: undefined })}
        />
        <ViewButton
          label="As cards"
          isOn={wish.view === "grid"}
          icon={<LayoutGrid aria-hidden />}
          onClick={() => become({ view: "grid" })}
        />
      </fieldset>
    </search>
  );
}

function ViewButton({
  label,
  isOn,
  icon,
  onClick,
}: {
  label: string;
  isOn: boolean;
  icon: React.ReactNode;
  onClick: () => void;
}) {
  return (
    <IconButton
      aria-label={label}
      aria-pressed={isOn}
      title={label}
      variant={isOn ? "default" : "text"}
      color={isOn ? "primary" : "dynamic"}
      icon={icon}
      onClick={onClick}
    />
  );
}
