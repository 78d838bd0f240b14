/** The author's form: spare rows on demand, a preview while writing, the cited articles on the side. */

const form = document.querySelector("[data-item-editor]");
const LETTERS = "ABCDEFGH";
const FIRST_OPTIONS = 4;
const FIRST_CITATIONS = 2;
const TRUE_FALSE = ["正确", "错误"];

const make = (tag, className, text) => {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
};

const type = () => form.querySelector("[name=type]:checked, [name=type][type=hidden]")?.value ?? "single";

/** Hide the empty rows after the first few; the button brings back one after another. */
function spareRows(rows, first, button, isEmpty) {
  const lastUsed = rows.findLastIndex((row) => !isEmpty(row));
  rows.forEach((row, index) => {
    row.hidden = index >= Math.max(first, lastUsed + 1);
  });
  const next = () => rows.find((row) => row.hidden);
  button.hidden = !next();
  button.addEventListener("click", () => {
    const row = next();
    row.hidden = false;
    row.querySelector("input, textarea").focus();
    button.hidden = !next();
  });
}

function followType(optionRows) {
  const fixed = type() === "true_false";
  const single = type() !== "multiple";
  for (const [index, row] of optionRows.entries()) {
    const text = row.querySelector("textarea");
    row.classList.toggle("fixed", fixed);
    if (fixed) row.hidden = index > 1;
    text.readOnly = fixed;
    if (fixed && index < 2) {
      text.dataset.kept ??= text.value;
      text.value = TRUE_FALSE[index];
    } else if (!fixed && text.dataset.kept !== undefined) {
      text.value = text.dataset.kept;
      delete text.dataset.kept;
    }
    if (!fixed && index < FIRST_OPTIONS) row.hidden = false;
    const tick = row.querySelector("[name=answer]");
    if (fixed && index > 1) tick.checked = false;
    tick.classList.toggle("one", single);
  }
}

function onlyOne(changed, optionRows) {
  if (type() === "multiple" || !changed.checked) return;
  for (const row of optionRows) {
    const tick = row.querySelector("[name=answer]");
    if (tick !== changed) tick.checked = false;
  }
}

function preview(target, optionRows) {
  const question = make("fieldset", "question");
  const legend = make("legend");
  legend.append(make("span", "number", "1."), make("span", "stem", form.elements.stem.value.trim() || "……"));
  const options = make("div", "options");
  for (const [index, row] of optionRows.entries()) {
    const text = row.querySelector("textarea").value.trim();
    if (!text) continue;
    const label = make("label", "option");
    const input = make("input", "tick");
    input.type = type() === "multiple" ? "checkbox" : "radio";
    input.name = "preview";
    label.append(input, make("span", "letter", LETTERS[index]), make("span", "text", text));
    options.append(label);
  }
  question.append(legend, options);
  /* Not part of what is sent: an element outside any form. */
  target.replaceChildren(question);
  for (const input of question.querySelectorAll("input")) input.setAttribute("form", "");
}

const asked = new Map();

async function article(law, version, number) {
  const address = new URL(form.dataset.articleUrl, location.href);
  address.search = new URLSearchParams({ law, version, article: number });
  if (!asked.has(address.href)) {
    asked.set(
      address.href,
      fetch(address, { headers: { Accept: "application/json" } }).then((answer) => (answer.ok ? answer.json() : null)),
    );
  }
  try {
    return await asked.get(address.href);
  } catch {
    asked.delete(address.href);
    return null;
  }
}

async function articles(target, citationRows) {
  const value = (row, name) => row.querySelector(`[name$="-${name}"]`).value.trim();
  const found = [];
  for (const row of citationRows) {
    const [law, number] = [value(row, "law"), value(row, "article")];
    if (!law || !number) continue;
    const cited = await article(law, value(row, "version"), number);
    const block = make("article", "cited");
    block.append(make("h3", "", cited ? `《${cited.law}》${cited.words}` : `《${law}》${number}`));
    if (cited?.text) {
      const text = make("blockquote", "article-text");
      text.append(...cited.text.split("\n").map((line) => make("p", "", line)));
      block.append(text);
    } else {
      block.append(make("p", "soft", cited ? target.dataset.unloaded : target.dataset.missing));
    }
    found.push(block);
  }
  if (found.length) target.replaceChildren(...found);
}

if (form) {
  const optionRows = [...form.querySelectorAll("[data-option-row]")];
  const citationRows = [...form.querySelectorAll("[data-citation-row]")];
  const previewTarget = form.querySelector("[data-preview]");
  const articleTarget = form.querySelector("[data-articles]");
  const empty = (row) => [...row.querySelectorAll("textarea, input:not([type=checkbox])")].every((f) => !f.value.trim());
  spareRows(optionRows, FIRST_OPTIONS, form.querySelector("[data-more-options]"), empty);
  spareRows(citationRows, FIRST_CITATIONS, form.querySelector("[data-more-citations]"), empty);
  const refresh = () => {
    followType(optionRows);
    preview(previewTarget, optionRows);
  };
  form.addEventListener("input", (event) => {
    if (event.target.name === "answer") onlyOne(event.target, optionRows);
    refresh();
  });
  form.addEventListener("change", (event) => {
    if (event.target.closest("[data-citation-row]")) void articles(articleTarget, citationRows);
  });
  refresh();
  void articles(articleTarget, citationRows);
}
