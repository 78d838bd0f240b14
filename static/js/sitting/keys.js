/** Keys: 1–9 or letters choose, ← → (or p n) move, M marks. They can be switched off (WCAG 2.1.4). */

const KEYS_KEY = "kaofa-paper-keys";
const TYPING = "input:not([type=radio]):not([type=checkbox]), select, textarea, [contenteditable]";

export function listenToKeys({ view, card }) {
  const toggle = document.querySelector("[data-keys]");
  try {
    toggle.checked = localStorage.getItem(KEYS_KEY) !== "off";
  } catch {
    toggle.checked = true;
  }
  toggle.addEventListener("change", () => {
    try {
      localStorage.setItem(KEYS_KEY, toggle.checked ? "on" : "off");
    } catch {
      /* The choice then lasts as long as the page. */
    }
  });

  document.addEventListener("keydown", (event) => {
    const { target } = event;
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (document.querySelector("dialog[open]") || target.matches?.(TYPING)) return;
    // Enter on a radio would press the form's first button: hand in.
    if (event.key === "Enter" && target.matches?.("fieldset[data-position] input")) {
      event.preventDefault();
      return;
    }
    if (!toggle.checked || target.closest?.("[data-reading], [data-paper-mode]")) return;
    if (act(event.key, view, card)) event.preventDefault();
  });
}

function act(key, view, card) {
  if (key === "ArrowLeft" || key === "p" || key === "P") view.step(-1);
  else if (key === "ArrowRight" || key === "n" || key === "N") view.step(1);
  else if (key === "m" || key === "M") card.toggleMark(view.inSight());
  else if (/^[1-9a-hA-H]$/.test(key)) return choose(key, view);
  else return false;
  return true;
}

function choose(key, view) {
  const question = view.inSight();
  const boxes = [...question.querySelectorAll("input[type=radio], input[type=checkbox]")];
  const box = /\d/.test(key)
    ? boxes[Number(key) - 1]
    : boxes.find((candidate) => candidate.value === key.toUpperCase());
  if (!box || box.matches(":disabled")) return false;
  box.focus({ preventScroll: true });
  if (box.type === "checkbox" || !box.checked) box.click();
  return true;
}
