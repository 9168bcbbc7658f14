// Before the first paint, so that nobody who chose a dark page sees a light one flash. A file, since no inline script runs here.
// What it reads is written by src/app/theme.ts.
(function () {
  var root = document.documentElement;
  var read = function (name) {
    try {
      return localStorage.getItem(name);
    } catch (_) {
      return null;
    }
  };
  var wish = read("fresco.theme");
  var dark = wish === "dark" || (wish !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  root.dataset.theme = dark ? "dark" : "light";
  // Fresco's components ask for it by this class.
  root.classList.toggle("scheme-dark", dark);
  var contrast = read("fresco.contrast");
  var more = contrast === "more" || (contrast === null && matchMedia("(prefers-contrast: more)").matches);
  if (more) root.dataset.contrast = "more";
})();
