"use strict";

// The token stays in the fragment until it is used: a reload then finds it again, and nothing else ever sees it.
const button = document.getElementById("start");
const said = document.getElementById("said");

async function begin() {
  const token = location.hash.slice(1);
  button.disabled = true;
  said.textContent = "Opening…";
  try {
    const answer = await fetch("/.fresco/claim", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ token }),
      credentials: "same-origin",
      redirect: "error",
      cache: "no-store",
    });
    const told = await answer.json();
    if (answer.ok) {
      location.replace(told.start);
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
