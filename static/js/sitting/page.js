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

/** The choices made in a question's fieldset, as letters in the order shown. */
export function choiceOf(question) {
  return [...question.querySelectorAll("input:checked")].map((input) => input.value);
}

export function showChoice(question, choice) {
  for (const input of question.querySelectorAll("input[type=radio], input[type=checkbox]")) {
    input.checked = choice.includes(input.value);
  }
}

/** Whether something was chosen, or cleared, since the server wrote the page. */
export function touched(question) {
  const boxes = [...question.querySelectorAll("input[type=radio], input[type=checkbox]")];
  return boxes.some((input) => input.checked !== input.defaultChecked);
}

export function questionsOf(source = document) {
  return [...source.querySelectorAll("fieldset[data-position]")];
}

/** The answers as the server wrote them into a document: position → letters. */
export function answersOf(source) {
  const answers = new Map();
  for (const question of questionsOf(source)) {
    const boxes = [...question.querySelectorAll("input[type=radio], input[type=checkbox]")];
    const letters = boxes.filter((input) => input.defaultChecked).map((input) => input.value);
    answers.set(Number(question.dataset.position), letters);
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
