import InputField from "@codaco/fresco-ui/form/fields/InputField";
import NativeSelect from "@codaco/fresco-ui/form/fields/Select/Native";
import { useNavigate } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { useEffect, useState } from "react";

import type { TenantFilter } from "@/api/queries/tenants";

import { readFilter, STATUSES } from "./filter";

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

/** What of the list is wished for: in the address, so that it can be shared. */
export function Filters({ filter }: { filter: TenantFilter }) {
  const navigate = useNavigate();
  const [words, setWords] = useState(filter.search ?? "");
  useEffect(() => {
    if (words === (filter.search ?? "")) return;
    const timer = setTimeout(() => {
      void navigate({ to: "/instances", search: readFilter({ ...filter, search: words }), replace: true });
    }, PAUSE);
    return () => clearTimeout(timer);
  }, [words, filter, navigate]);
  return (
    <search className="tablet-portrait:flex-row mb-6 flex flex-col gap-3">
      <InputField
        type="search"
        aria-label="Search by name"
        placeholder="Search by name"
        prefixComponent={<Search aria-hidden />}
        className="tablet-portrait:max-w-sm w-full grow"
        value={words}
        onChange={(value) => setWords(value ?? "")}
      />
      <NativeSelect
        aria-label="State"
        name="status"
        className="tablet-portrait:w-64"
        value={filter.status ?? "all"}
        options={[
          { value: "all", label: "In any state" },
          ...STATUSES.map((status) => ({ value: status, label: WORDS[status] })),
        ]}
        onChange={(status) => {
          void navigate({ to: "/instances", search: readFilter({ ...filter, status }), replace: true });
        }}
      />
    </search>
  );
}
