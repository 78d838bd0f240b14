/** The author's form: fields follow the type, buttons change rows in place, preview and likeness follow the typing.

    The server draws everything. A button named `act` sends the form and shows it as it comes back; what stands
    beside it is asked for a moment after the last key. What was typed stays in the page whatever the network does. */

const form = document.querySelector("[data-item-editor]");
const fields = form.querySelector("[data-fields]");
const side = document.querySelector("[data-beside]");
const said = document.querySelector("[data-said]");
const trouble = form.querySelector("[data-trouble]");
const undo = form.querySelector("[data-undo]");
const PAUSE = 600;
const BLANK = /_{3,}|＿{2,}/g;
const MOST_BLANKS = 8;

/* What depends on the type ------------------------------------------------------------------------- */

const scopes = () => [fields, ...fields.querySelectorAll("[data-question]")];
const scopeOf = (element) => element.parentElement.closest("[data-question]");

function followType(scope) {
  const own = (selector) => [...scope.querySelectorAll(selector)].filter((element) => scopeOf(element) === scope);
  const typed = own("[name$=type]").find((input) => input.checked || input.type === "hidden");
  const kind = typed?.value ?? "single";
  for (const part of own("[data-for]")) part.hidden = !part.dataset.for.split(" ").includes(kind);
  for (const tick of own(".option-row .tick")) tick.type = kind === "multiple" ? "checkbox" : "radio";
  const stem = own("textarea[name$=stem]")[0];
  const asked = Math.min(stem.value.match(BLANK)?.length ?? 0, MOST_BLANKS);
  for (const row of own("[data-blank]")) {
    const number = Number(row.dataset.blank);
    row.hidden = number > Math.max(1, asked) && !row.querySelector("textarea").value.trim();
  }
}

function insertBlank(button) {
  const stem = button.closest(".field").querySelector("textarea");
  stem.setRangeText("____", stem.selectionStart, stem.selectionEnd, "end");
  stem.focus();
  stem.dispatchEvent(new Event("input", { bubbles: true }));
}

/* Asking the server -------------------------------------------------------------------------------- */

const parsed = (text) => new DOMParser().parseFromString(text, "text/html");

function tell(what) {
  trouble.hidden = !what;
  for (const message of trouble.querySelectorAll("[data-when]")) message.hidden = message.dataset.when !== what;
}

const send = (act, signal) =>
  fetch(location.href, {
    method: "POST",
    signal,
    headers: { Accept: "application/json", "X-CSRFToken": form.elements.csrf_token.value },
    body: new URLSearchParams([...new FormData(form), ["act", act]]),
  });

/** After signing in again in another window the page's token is an old one. */
async function renewToken() {
  const page = parsed(await (await fetch(location.href, { headers: { Accept: "text/html" } })).text());
  const token = page.querySelector("meta[name=csrf-token]")?.content;
  for (const input of document.querySelectorAll("input[name=csrf_token]")) input.value = token;
}

/** What the server answers to an act; null, with a message on the page, when it cannot be had. */
async function ask(act, signal) {
  try {
    let answer = await send(act, signal);
    if (answer.status === 403) {
      await renewToken();
      answer = await send(act, signal);
    }
    tell(answer.ok ? "" : answer.status === 401 ? "signed_out" : "failed");
    return answer.ok ? parsed(await answer.text()) : null;
  } catch (error) {
    if (error.name !== "AbortError") tell("failed");
    return null;
  }
}

let waiting = 0;
let asking = new AbortController();

async function look() {
  clearTimeout(waiting);
  asking.abort();
  asking = new AbortController();
  const answer = await ask("beside", asking.signal);
  if (answer) showBeside(answer.body);
  return answer !== null;
}

function showBeside(from) {
  side.replaceChildren(...from.childNodes);
  const found = side.querySelector("[data-near] p")?.textContent.replace(/\s+/g, " ").trim() ?? "";
  if (said.textContent !== found) said.textContent = found;
}

/** Whether leaving the page would lose something: typed since it came, or refused. */
let unsaved = document.querySelector("[data-summary]").childElementCount > 0;

/* Rows --------------------------------------------------------------------------------------------- */

async function arrange(button) {
  const act = button.value;
  const gone = act.startsWith("remove ") && button.closest("[data-question]:not([data-fields])");
  clearTimeout(waiting);
  asking.abort();
  // Nothing may be typed into what is about to be replaced.
  form.inert = true;
  const answer = await ask(act);
  form.inert = false;
  if (!answer) {
    button.focus();
    return;
  }
  unsaved = true;
  const before = [...fields.childNodes];
  fields.replaceChildren(...answer.querySelector("[data-fields]").childNodes);
  scopes().forEach(followType);
  showBeside(answer.querySelector("[data-beside]"));
  fields.querySelector("[autofocus]")?.focus();
  offerUndo(gone && gone.dataset.name, before);
}

/** Until the next key, a question that was taken out can be put back as it was. */
function offerUndo(name, before) {
  undo.hidden = !name;
  if (!name) return;
  undo.querySelector("[data-undo-name]").textContent = name;
  undo.querySelector("[data-undo-button]").onclick = () => {
    fields.replaceChildren(...before);
    undo.hidden = true;
    void look();
  };
}

form.addEventListener("input", () => {
  unsaved = true;
  undo.hidden = true;
  scopes().forEach(followType);
  clearTimeout(waiting);
  waiting = setTimeout(look, PAUSE);
});

form.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert-blank]");
  if (button) insertBlank(button);
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = event.submitter;
  if (button?.name === "act" && button.value !== "show") {
    await arrange(button);
    return;
  }
  // Sent only when the answer would come: what was typed must not end on a page of errors.
  const reached = await look();
  if (!reached || button?.name === "act") return;
  unsaved = false;
  form.submit();
});

addEventListener("beforeunload", (event) => {
  if (unsaved) event.preventDefault();
});

scopes().forEach(followType);
