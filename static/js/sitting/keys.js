/**
 * Keys: 1–9 or letters choose in the question that has the focus, ← → (or p n) move, M marks. They can be switched
 * off (WCAG 2.1.4). Without a focus inside a question nothing is answered: the page says how to choose one.
 */

const KEYS_KEY = "kaofa-paper-keys";
const TYPING = "input:not([type=radio]):not([type=checkbox]), select, textarea, [contenteditable]";
/** What old browsers call each key that an input method takes for itself. */
const COMPOSING = 229;

export function listenToKeys({ view, card, onNoQuestion, onQuestion }) {
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

  document.addEventListener("focusin", () => {
    if (view.focused()) onQuestion();
  });

  document.addEventListener("keydown", (event) => {
    const { target } = event;
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.isComposing || event.keyCode === COMPOSING) return;
    if (document.querySelector("dialog[open]") || target.closest?.(TYPING)) return;
    // Enter on a radio would press the form's first button: hand in.
    if (event.key === "Enter" && target.matches?.("fieldset[data-position] input")) {
      event.preventDefault();
      return;
    }
    if (!toggle.checked || target.closest?.("[data-reading], [data-paper-mode]")) return;
    if (act(event.key, { view, card, onNoQuestion })) event.preventDefault();
  });
}

function act(key, { view, card, onNoQuestion }) {
  const by = { ArrowLeft: -1, p: -1, P: -1, ArrowRight: 1, n: 1, N: 1 }[key];
  const question = view.focused();
  if (by) {
    if (question) view.step(by);
    else view.focusInSight();
    return true;
  }
  if (!/^[1-9a-hmA-HM]$/.test(key)) return false;
  if (!question) {
    onNoQuestion();
    return true;
  }
  view.bringIntoSight(question);
  if (key !== "m" && key !== "M") return choose(key, question);
  card.toggleMark(question);
  return true;
}

function choose(key, question) {
  const boxes = [...question.querySelectorAll("input[type=radio], input[type=checkbox]")];
  const box = /\d/.test(key)
    ? boxes[Number(key) - 1]
    : boxes.find((candidate) => candidate.value === key.toUpperCase());
  if (!box || box.matches(":disabled")) return false;
  box.focus({ preventScroll: true });
  if (box.type === "checkbox" || !box.checked) box.click();
  return true;
}
