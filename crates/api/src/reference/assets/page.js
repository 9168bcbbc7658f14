"use strict";

// Narrows the list to what has all the words. Without this script the list is whole, and the page says the same.
const form = document.getElementById("narrow");
const list = document.getElementById("list");
const sections = [...list.querySelectorAll("section")];
const operations = [...list.querySelectorAll("li")];

function narrow() {
  const words = form.words.value.toLowerCase().split(/\s+/).filter(Boolean);
  const has = (item) => words.every((word) => item.textContent.toLowerCase().includes(word));
  for (const item of operations) item.hidden = !has(item);
  for (const section of sections) section.hidden = words.length > 0 && !section.querySelector("li:not([hidden])");
  const found = operations.filter((item) => !item.hidden).length;
  document.getElementById("found").textContent = words.length > 0 ? `${found} of ${operations.length}` : "";
  if (words.length > 0) list.open = true;
}

form.addEventListener("input", narrow);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const first = operations.find((item) => !item.hidden);
  if (first) first.querySelector("a").click();
});
// Where the list stands above the operations instead of beside them, it begins closed.
const above = matchMedia("(max-width: 60rem)");
const settle = () => (list.open = !above.matches);
above.addEventListener("change", settle);
settle();
form.hidden = false;
