/** What the server wrote into the page, and how to read it again without leaving. */

export function meta(name, source = document) {
  return source.querySelector(`meta[name="${name}"]`)?.content ?? null;
}

export const page = {
  sitting: meta("sitting-id"),
  url: `${location.pathname}`,
  signInUrl: meta("sign-in-url") || "/sign-in",
  graceSeconds: Number(meta("grace-seconds") || 10),
  token: meta("csrf-token"),
};

export function takeToken(token) {
  if (!token) return;
  page.token = token;
  document.querySelector('meta[name="csrf-token"]').content = token;
  for (const input of document.querySelectorAll('input[name="csrf_token"]')) input.value = token;
}

const BOXES = "input[type=radio], input[type=checkbox]";
const WORDS = "input[type=text], textarea";

/** Whether a question is answered in words: its choice is then a text for each field, one of a 简答题. */
export function asksForText(question) {
  return question.dataset.type === "blank" || question.dataset.type === "short";
}

/** A text as the journal takes it: a pasted tab or half of a character becomes a space. */
function readable(text) {
  const plain = text.replace(/\r\n?/g, "\n").replace(/[\x00-\x09\x0b-\x1f\x7f]/g, " ");
  return [...plain].map((letter) => (/^[\ud800-\udfff]$/.test(letter) ? " " : letter)).join("");
}

function texts(question, read) {
  const found = [...question.querySelectorAll(WORDS)].map((field) => readable(read(field)));
  return found.some((text) => text.trim()) ? found : [];
}

/** What is answered in a question's fieldset: letters in the order shown, or texts; empty when nothing is. */
export function choiceOf(question) {
  if (asksForText(question)) return texts(question, (field) => field.value);
  return [...question.querySelectorAll("input:checked")].map((input) => input.value).sort();
}

export function showChoice(question, choice) {
  question.querySelectorAll(WORDS).forEach((field, index) => {
    const text = choice[index] ?? "";
    if (readable(field.value) !== text) field.value = text;
  });
  showLength(question);
  for (const input of question.querySelectorAll(BOXES)) input.checked = choice.includes(input.value);
}

/** Say how much is written, where there is a limit. */
export function showLength(question) {
  const place = question.querySelector("[data-written]");
  if (place) place.textContent = String([...question.querySelector("textarea").value].length);
}

/** Position → saved answer, where the page shows instead what could not be saved. */
function unsavedIn(source) {
  const answers = JSON.parse(source.getElementById("saved-answers")?.textContent || "{}");
  return new Map(Object.entries(answers).map(([position, choice]) => [Number(position), choice]));
}

/** Whether something was chosen, written or cleared that the server, when it wrote the page, had not saved. */
export function touched(question) {
  return (
    unsavedIn(document).has(Number(question.dataset.position)) ||
    [...question.querySelectorAll(BOXES)].some((input) => input.checked !== input.defaultChecked) ||
    [...question.querySelectorAll(WORDS)].some((field) => field.value !== field.defaultValue)
  );
}

export function questionsOf(source = document) {
  return [...source.querySelectorAll("fieldset[data-position]")];
}

/** The answers as the server wrote them into a document: position → letters or texts. */
export function answersOf(source) {
  const answers = new Map();
  const unsaved = unsavedIn(source);
  for (const question of questionsOf(source)) {
    const boxes = [...question.querySelectorAll(BOXES)];
    const letters = boxes.filter((input) => input.defaultChecked).map((input) => input.value);
    const choice = asksForText(question) ? texts(question, (field) => field.defaultValue) : letters;
    const position = Number(question.dataset.position);
    answers.set(position, unsaved.get(position) ?? choice);
  }
  return answers;
}

/**
 * Get this address again and read it. Resolves with {status, isPaper, document}; rejects when the network fails.
 */
export async function readAgain() {
  const response = await fetch(page.url, {
    credentials: "same-origin",
    cache: "no-store",
    headers: { Accept: "text/html" },
  });
  const text = await response.text();
  const parsed = new DOMParser().parseFromString(text, "text/html");
  const isPaper = response.ok && meta("last-seq", parsed) !== null;
  return { status: response.status, isPaper, document: parsed };
}
