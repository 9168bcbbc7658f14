// Leaves out of Fresco's components what no page of ours needs and every page would load: words as Markdown (340 kB of parsers
// behind each label and hint), an icon found by its name, for which all 1,800 of them come along, schemas of whole networks behind
// each field (40 kB), and movement where nothing moves.
// And has a toast's title be a heading of a level that is right below any page's.

import type { Plugin } from "vite";

const at = (file: string) => new URL(file, import.meta.url).pathname;

const PACKAGES: Record<string, string> = {
  "react-markdown": at("./markdown.ts"),
  "rehype-raw": at("./nothing.ts"),
  "rehype-sanitize": at("./nothing.ts"),
  "remark-gemoji": at("./nothing.ts"),
  "remark-gfm": at("./nothing.ts"),
};

const FRESCO = "@codaco/fresco-ui/dist/";
/** What checks the values of fields. */
const CHECKS = `${FRESCO}form/validation/`;
/** Whose siblings move, and who do not. */
const STILL = ["Button.js", "layout/Surface.js", "form/Field/UnconnectedField.js"].map((file) => FRESCO + file);

export function lean(): Plugin {
  return {
    name: "lean",
    enforce: "pre",
    // While developing nobody waits for them.
    apply: "build",
    resolveId(source, importer) {
      const replaced = PACKAGES[source];
      if (replaced !== undefined) return replaced;
      if (source.endsWith("/Icon.js") && importer?.includes(FRESCO)) return at("./Icon.tsx");
      if (source.endsWith("/Heading.js") && importer?.endsWith(`${FRESCO}Toast.js`)) return at("./ToastHeading.tsx");
      if (source === "@codaco/shared-consts" && importer?.includes(CHECKS)) return at("./consts.ts");
      if (source === "motion/react" && STILL.some((file) => importer?.endsWith(file))) return at("./motion.ts");
      return null;
    },
  };
}
