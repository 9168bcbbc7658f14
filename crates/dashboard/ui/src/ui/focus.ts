// Where the focus goes when what had it leaves the page: never to nothing, where a keyboard would begin at the top again.

/** How long a dialog that closes may keep the focus, or what is drawn may take, in milliseconds. */
const PATIENCE = 1_500;
/** So long it is seen to that it stays there, in milliseconds. */
const SETTLED = 500;
/** So long, in milliseconds, who has removed something has the first word about where the focus goes. */
const FIRST_WORD = 150;
/** Parts of a page that are read out by their name when they get the focus. */
const PARTS = "section, form, fieldset, li, main, [role=dialog], [role=group], [role=region]";

type Find = () => HTMLElement | null | undefined;

/** Whether nothing has it. */
export function isFocusLost(): boolean {
  return document.activeElement === null || document.activeElement === document.body;
}

/** As a `ref`: has the focus as it comes, where what it has replaced had it. */
export function takeFocus(element: HTMLElement | null): void {
  if (element !== null && isFocusLost()) element.focus();
}

/** Gives it the focus as soon as nothing has it: a dialog that closes keeps it for a moment, and gives it back to what is gone. */
export function focusWhenLost(find: Find): void {
  const end = performance.now() + PATIENCE;
  let given: number | undefined;
  const look = () => {
    const element = find();
    const { activeElement: active } = document;
    // A dialog takes it for itself where what had it is gone, and once more a moment later.
    if (element && active !== element && (isFocusLost() || active?.contains(element))) {
      element.focus();
      given ??= performance.now();
    }
    if (performance.now() < (given === undefined ? end : given + SETTLED)) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

/** Gives it the focus as soon as it is there: what was just asked for is drawn a moment later. */
export function focusWhenThere(find: Find): void {
  const end = performance.now() + PATIENCE;
  const look = () => {
    const element = find();
    if (element) element.focus();
    else if (performance.now() < end) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

/** Whatever is removed while it has the focus, and names no other: the nearest part of the page around it has it then. */
export function keepFocus(): () => void {
  let around: readonly Element[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const settle = () => {
    timer = undefined;
    if (!isFocusLost() || around[0]?.isConnected !== false) return;
    give(around.find((element) => element.isConnected && element.matches(PARTS)) ?? document.getElementById("main"));
  };
  const onFocus = ({ target }: FocusEvent) => {
    around = target instanceof Element ? [...ancestors(target)] : [];
  };
  // Who points elsewhere wants it nowhere.
  const onPoint = ({ target }: PointerEvent) => {
    if (target instanceof Element && target.closest("a, button, input, select, textarea, label") === null) around = [];
  };
  const observer = new MutationObserver(() => {
    if (around[0]?.isConnected === false) timer ??= setTimeout(settle, FIRST_WORD);
  });
  observer.observe(document.body, { childList: true, subtree: true });
  document.addEventListener("focusin", onFocus);
  document.addEventListener("pointerdown", onPoint);
  return () => {
    clearTimeout(timer);
    observer.disconnect();
    document.removeEventListener("focusin", onFocus);
    document.removeEventListener("pointerdown", onPoint);
  };
}

function* ancestors(element: Element): Generator<Element> {
  for (let at: Element | null = element; at !== null; at = at.parentElement) yield at;
}

function give(part: Element | null): void {
  if (!(part instanceof HTMLElement)) return;
  if (part.tabIndex < 0) part.setAttribute("tabindex", "-1");
  part.focus({ preventScroll: true });
}
