import { Contrast, Monitor, Moon, Sun } from "lucide-react";

import { MENU_ITEM, Menu } from "@/ui/Menu";

import { type ThemeWish, useTheme, wishContrast, wishTheme } from "./theme";

const WISHES: readonly [ThemeWish, string, typeof Sun][] = [
  ["light", "Light", Sun],
  ["dark", "Dark", Moon],
  ["system", "As my system", Monitor],
];

/** Light or dark, and how much contrast. */
export function ThemeMenu() {
  const { wish, shown, moreContrast } = useTheme();
  return (
    <Menu label="Colours" icon={shown === "dark" ? <Moon aria-hidden /> : <Sun aria-hidden />}>
      <fieldset>
        <legend className="sr-only">Colours</legend>
        {WISHES.map(([value, words, Icon]) => (
          <label key={value} className={MENU_ITEM}>
            <Icon aria-hidden />
            <span className="grow">{words}</span>
            <input
              type="radio"
              name="theme"
              className="accent-primary size-5"
              checked={wish === value}
              onChange={() => wishTheme(value)}
            />
          </label>
        ))}
      </fieldset>
      <hr className="border-outline my-2" />
      <label className={MENU_ITEM}>
        <Contrast aria-hidden />
        <span className="grow">More contrast</span>
        <input
          type="checkbox"
          className="accent-primary size-5"
          checked={moreContrast}
          onChange={(event) => wishContrast(event.target.checked)}
        />
      </label>
    </Menu>
  );
}
