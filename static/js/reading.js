/** The reading settings in the header: size and ground, kept in this browser. */

const root = document.documentElement;
const panel = document.querySelector("[data-reading]");

function keep() {
  try {
    localStorage.setItem(
      "kaofa-reading",
      JSON.stringify({ size: root.dataset.size, ground: root.dataset.ground }),
    );
  } catch {
    /* Without storage the choice lasts as long as the page. */
  }
}

if (panel) {
  for (const input of panel.querySelectorAll("input")) {
    const name = input.name === "reading-size" ? "size" : "ground";
    input.checked = root.dataset[name] === input.value;
    input.addEventListener("change", () => {
      root.dataset[name] = input.value;
      keep();
    });
  }
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && panel.open) {
      panel.open = false;
      panel.querySelector("summary").focus();
      event.stopPropagation();
    }
  });
  document.addEventListener("click", (event) => {
    if (!panel.contains(event.target)) panel.open = false;
  });
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.addEventListener("click", () => print());
}

/* A message that names fields moves the eye and the screen reader to it. */
document.querySelector("[data-error-summary]")?.focus();
