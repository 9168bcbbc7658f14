/** For a button whose words may need two lines where there is little room. */
export const WRAPS = "h-auto max-w-full shrink py-2 text-wrap";
