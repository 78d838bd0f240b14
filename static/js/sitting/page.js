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
const BLANKS = "input[type=text]";

/** Whether a question is answered in words: its choice is then a line for each blank. */
export function asksForText(question) {
  return question.dataset.type === "blank";
}

function lines(question, read) {
  const texts = [...question.querySelectorAll(BLANKS)].map(read);
  return texts.some((text) => text.trim()) ? texts : [];
}

/** What is answered in a question's fieldset: letters in the order shown, or lines; empty when nothing is. */
export function choiceOf(question) {
  if (asksForText(question)) return lines(question, (input) => input.value);
  return [...question.querySelectorAll("input:checked")].map((input) => input.value).sort();
}

export function showChoice(question, choice) {
  question.querySelectorAll(BLANKS).forEach((input, index) => {
    const text = choice[index] ?? "";
    if (input.value !== text) input.value = text;
  });
  for (const input of question.querySelectorAll(BOXES)) input.checked = choice.includes(input.value);
}

/** Whether something was chosen, written or cleared since the server wrote the page. */
export function touched(question) {
  return (
    [...question.querySelectorAll(BOXES)].some((input) => input.checked !== input.defaultChecked) ||
    [...question.querySelectorAll(BLANKS)].some((input) => input.value !== input.defaultValue)
  );
}

/** An event of the outbox as the server is told it. */
export function asSent({ seq, position, choice, isText }) {
  return isText ? { seq, position, text: choice.join("\n") } : { seq, position, choice };
}

export function questionsOf(source = document) {
  return [...source.querySelectorAll("fieldset[data-position]")];
}

/** The answers as the server wrote them into a document: position → letters or lines. */
export function answersOf(source) {
  const answers = new Map();
  for (const question of questionsOf(source)) {
    const boxes = [...question.querySelectorAll(BOXES)];
    const letters = boxes.filter((input) => input.defaultChecked).map((input) => input.value);
    const choice = asksForText(question) ? lines(question, (input) => input.defaultValue) : letters;
    answers.set(Number(question.dataset.position), choice);
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
