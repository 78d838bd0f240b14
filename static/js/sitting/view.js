/** Moving through the paper: which question is current, all on one page or one at a time. */

const MODE_KEY = "kaofa-paper-mode";

function remembered() {
  try {
    return localStorage.getItem(MODE_KEY);
  } catch {
    return null;
  }
}

function remember(mode) {
  try {
    localStorage.setItem(MODE_KEY, mode);
  } catch {
    /* The mode then lasts as long as the page. */
  }
}

export class View {
  #form;
  #questions;
  #onMove;
  #bar = document.querySelector("[data-exam-bar]");

  constructor({ form, questions, onMove }) {
    this.#form = form;
    this.#questions = questions;
    this.#onMove = onMove;
    this.current = questions[0];
    const mode = remembered() === "single" ? "single" : "all";
    for (const input of document.querySelectorAll("input[name=paper-mode]")) {
      input.checked = input.value === mode;
      input.addEventListener("change", () => this.setMode(input.value));
    }
    for (const button of document.querySelectorAll("[data-previous]")) {
      button.addEventListener("click", () => this.step(-1));
    }
    for (const button of document.querySelectorAll("[data-next]")) {
      button.addEventListener("click", () => this.step(1));
    }
    form.addEventListener("focusin", (event) => this.#follow(event.target));
    form.addEventListener("click", (event) => this.#follow(event.target));
    addEventListener("hashchange", () => this.#followHash());
    new ResizeObserver(() => this.#tellBar()).observe(this.#bar);
    this.#form.dataset.mode = mode;
    this.#markCurrent();
    this.#followHash();
  }

  setMode(mode) {
    this.#form.dataset.mode = mode;
    remember(mode);
    this.#markCurrent();
    if (mode === "all") this.#show(this.current);
  }

  get isSingle() {
    return this.#form.dataset.mode === "single";
  }

  step(by) {
    const index = this.#questions.indexOf(this.current) + by;
    if (index >= 0 && index < this.#questions.length) this.goTo(this.#questions[index]);
  }

  goTo(question) {
    this.current = question;
    this.#markCurrent();
    this.#show(question);
    question.focus({ preventScroll: true });
  }

  at(position) {
    return this.#questions.find((question) => question.dataset.position === String(position));
  }

  /** The question that has the focus, or null: keys answer no other. */
  focused() {
    const question = document.activeElement?.closest("fieldset[data-position]");
    return question && this.#form.contains(question) ? question : null;
  }

  /** Scroll to a question unless most of it can be seen: nobody answers what is out of sight. */
  bringIntoSight(question) {
    if (!this.#isSeen(question)) this.#show(question);
  }

  /** Give the focus to the current question if it can be seen, else to the first that can. */
  focusInSight() {
    const isCurrentSeen = this.#isSeen(this.current);
    this.goTo(isCurrentSeen ? this.current : this.#questions.find((one) => this.#isSeen(one)) || this.current);
  }

  /** What sticks below the bar must know how high it is. */
  #tellBar() {
    document.documentElement.style.setProperty("--exam-bar", `${this.#bar.offsetHeight}px`);
  }

  #isSeen(question) {
    const top = this.#bar.getBoundingClientRect().bottom;
    const box = question.getBoundingClientRect();
    const visible = Math.min(box.bottom, innerHeight) - Math.max(box.top, top);
    return visible > Math.min(box.height, innerHeight - top) / 2;
  }

  #show(question) {
    const top = this.#bar.getBoundingClientRect().height + 16;
    // At once: while a scroll is under way, the next key could not tell which question is in sight.
    scrollBy({ top: question.getBoundingClientRect().top - top, behavior: "instant" });
  }

  #follow(target) {
    const question = target.closest("fieldset[data-position]");
    if (!question || question === this.current) return;
    this.current = question;
    this.#markCurrent();
  }

  #followHash() {
    const question = /^#q\d+$/.test(location.hash) && this.at(location.hash.slice(2));
    if (question) this.goTo(question);
  }

  #markCurrent() {
    for (const question of this.#questions) question.classList.toggle("current", question === this.current);
    for (const section of this.#form.querySelectorAll(".paper-section, [data-case]")) {
      section.classList.toggle("current", section.contains(this.current));
    }
    const index = this.#questions.indexOf(this.current);
    for (const button of document.querySelectorAll("[data-previous]")) button.disabled = index === 0;
    for (const button of document.querySelectorAll("[data-next]")) {
      button.disabled = index === this.#questions.length - 1;
    }
    this.#onMove(Number(this.current.dataset.position));
  }
}
