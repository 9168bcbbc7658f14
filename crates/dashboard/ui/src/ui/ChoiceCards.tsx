import type { LucideIcon } from "lucide-react";

export interface Choice<Value extends string> {
  value: Value;
  title: string;
  text: string;
  Icon: LucideIcon;
}

interface ChoiceCardsProps<Value extends string> {
  /** The question, where the page's heading doesn't ask it in the same words. */
  legend: string;
  name: string;
  choices: readonly Choice<Value>[];
  value: Value | undefined;
  onChange: (value: Value) => void;
  describedBy?: string | undefined;
}

/** One of a few, each with room to say what it means. */
export function ChoiceCards<Value extends string>(props: ChoiceCardsProps<Value>) {
  const { legend, name, choices, value, onChange, describedBy } = props;
  return (
    <fieldset aria-describedby={describedBy}>
      <legend className="sr-only">{legend}</legend>
      <div className="tablet-portrait:grid-cols-2 grid gap-4">
        {choices.map(({ value: own, title, text, Icon }) => (
          <label
            key={own}
            className="border-edge hover:bg-tint has-checked:border-primary has-checked:bg-tint has-focus-visible:outline-3 has-focus-visible:outline-offset-2 has-focus-visible:outline-(--focus-color) flex cursor-pointer gap-4 rounded-sm border-2 p-5"
          >
            <Icon aria-hidden className="text-link mt-0.5 size-6 shrink-0" />
            <span className="min-w-0 flex-1">
              <span className="block font-bold">{title}</span>
              <span className="text-muted block text-sm">{text}</span>
            </span>
            <input
              type="radio"
              name={name}
              value={own}
              checked={value === own}
              onChange={() => onChange(own)}
              className="accent-primary mt-1 size-5 shrink-0 focus-visible:outline-none"
            />
          </label>
        ))}
      </div>
    </fieldset>
  );
}
