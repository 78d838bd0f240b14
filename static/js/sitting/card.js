/** The answer card: what is answered, what is not, what is marked for review. Marks stay in this browser. */

import { word } from "./words.js";

const SHAPES = { answered: "■", open: "□", marked: "▲" };

export class Card {
  #cells = new Map();
  #marks;
  #marksKey;
  #questions;
  #drawer = document.querySelector("[data-card]");
  #openers = document.querySelectorAll("[data-open-card]");

  constructor({ sitting, questions, onChoose }) {
    this.#questions = questions;
    this.#marksKey = `kaofa-marks-${sitting}`;
    this.#marks = this.#readMarks();
    for (const cell of this.#drawer.querySelectorAll("[data-cell]")) {
      this.#cells.set(Number(cell.dataset.cell), cell);
      cell.addEventListener("click", (event) => {
        event.preventDefault();
        this.close();
        onChoose(Number(cell.dataset.cell));
      });
    }
    for (const opener of this.#openers) opener.addEventListener("click", () => this.#toggle());
    this.#drawer.querySelector("[data-close-card]").addEventListener("click", () => this.close({ giveBack: true }));
    this.#drawer.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close({ giveBack: true });
    });
    document.addEventListener("click", (event) => this.#shield(event), { capture: true });
    for (const question of questions) {
      const button = question.querySelector("[data-mark]");
      button.addEventListener("click", () => this.toggleMark(question));
    }
  }

  get marked() {
    return [...this.#marks].sort((one, other) => one - other);
  }

  toggleMark(question) {
    const position = Number(question.dataset.position);
    if (!this.#marks.delete(position)) this.#marks.add(position);
    try {
      localStorage.setItem(this.#marksKey, JSON.stringify([...this.#marks]));
    } catch {
      /* A mark is a note to oneself: without storage it lasts as long as the page. */
    }
    this.onMarks?.();
  }

  setCurrent(position) {
    for (const [at, cell] of this.#cells) {
      if (at === position) cell.setAttribute("aria-current", "true");
      else cell.removeAttribute("aria-current");
    }
  }

  /** Show the answers: position → letters. */
  show(answers) {
    const counts = new Map();
    for (const question of this.#questions) {
      const position = Number(question.dataset.position);
      const isAnswered = answers.get(position).length > 0;
      const isMarked = this.#marks.has(position);
      const { section } = question.closest("[data-section]").dataset;
      const tally = counts.get(section) || { answered: 0, all: 0 };
      tally.all += 1;
      tally.answered += isAnswered ? 1 : 0;
      counts.set(section, tally);
      this.#showCell(position, isAnswered, isMarked);
      const button = question.querySelector("[data-mark]");
      button.setAttribute("aria-pressed", String(isMarked));
      question.querySelector("[data-clear]").hidden = !isAnswered;
    }
    for (const [section, tally] of counts) {
      const place = this.#drawer.querySelector(`[data-count="section-${section}"]`);
      if (place) place.textContent = `${tally.answered}/${tally.all}`;
    }
    const marks = this.#drawer.querySelector("[data-count=marked]");
    marks.textContent = String(this.#marks.size);
    const answered = [...counts.values()].reduce((sum, tally) => sum + tally.answered, 0);
    for (const place of document.querySelectorAll("[data-count=answered]")) {
      place.textContent = `${answered}/${this.#questions.length}`;
    }
  }

  close({ giveBack = false } = {}) {
    if (!this.#drawer.classList.contains("open")) return;
    this.#setOpen(false);
    if (giveBack) this.#openers[0]?.focus();
  }

  #toggle() {
    const open = !this.#drawer.classList.contains("open");
    this.#setOpen(open);
    if (open) this.#drawer.querySelector("[data-close-card]").focus();
  }

  /** Beside the open drawer a tap closes it, and answers nothing that shines through. */
  #shield(event) {
    if (!this.#drawer.classList.contains("open")) return;
    if (this.#drawer.contains(event.target) || event.target.closest("dialog, [data-open-card]")) return;
    event.preventDefault();
    event.stopPropagation();
    this.close();
  }

  #setOpen(open) {
    this.#drawer.classList.toggle("open", open);
    for (const opener of this.#openers) opener.setAttribute("aria-expanded", String(open));
  }

  #showCell(position, isAnswered, isMarked) {
    const cell = this.#cells.get(position);
    cell.classList.toggle("answered", isAnswered);
    cell.classList.toggle("marked", isMarked);
    let shape = isAnswered ? SHAPES.answered : SHAPES.open;
    if (isMarked) shape = SHAPES.marked;
    cell.querySelector("[data-shape]").textContent = shape;
    const said = [word(isAnswered ? "answered" : "not_answered")];
    if (isMarked) said.push(word("marked"));
    cell.querySelector("[data-said]").textContent = said.join("，");
  }

  #readMarks() {
    try {
      return new Set(JSON.parse(localStorage.getItem(this.#marksKey)) || []);
    } catch {
      return new Set();
    }
  }
}
