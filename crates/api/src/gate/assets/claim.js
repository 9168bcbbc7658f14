"use strict";

// The token stays in the fragment until it is used: a reload then finds it again, and nothing else ever sees it.
const button = document.getElementById("start");
const said = document.getElementById("said");

// Where it leads, once the link is used: it is good once, and a page that then doesn't open is opened again without it.
let start;

function follow() {
  location.replace(start);
  setTimeout(() => { button.disabled = false; }, 5000);
}

async function begin() {
  const token = location.hash.slice(1);
  button.disabled = true;
  said.textContent = "Opening…";
  if (start) {
    follow();
    return;
  }
  try {
    const answer = await fetch("/.fresco/claim", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ token }),
      credentials: "same-origin",
      redirect: "error",
      cache: "no-store",
      signal: AbortSignal.timeout(20000),
    });
    const told = await answer.json();
    if (answer.ok) {
      start = told.start;
      follow();
      return;
    }
    said.textContent = told.title + ": " + told.detail + ".";
  } catch {
    said.textContent = "The server does not answer. Please try again.";
  }
  button.disabled = false;
}

button.addEventListener("click", begin);
button.hidden = false;
