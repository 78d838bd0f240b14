/** Handing in: a dialog that lists what is unanswered, then the outbox emptied, then the hand-in itself. */

import { page } from "./page.js";
import { word } from "./words.js";

/** So often everything is sent again to a server that goes back between the last answer and the hand-in. */
const TRIES = 3;

export class HandIn {
  #dialog = document.querySelector("[data-hand-in-dialog]");
  #button = this.#dialog.querySelector("[data-hand-in-now]");
  #message = this.#dialog.querySelector("[data-hand-in-message]");
  #url;
  #drain;
  #settle;
  #answers;
  #marked;
  #goTo;
  #onSealed;
  #leave;

  constructor({ url, drain, settle, answers, marked, goTo, onSealed, leave }) {
    this.#url = url;
    this.#drain = drain;
    this.#settle = settle;
    this.#answers = answers;
    this.#marked = marked;
    this.#goTo = goTo;
    this.#onSealed = onSealed;
    this.#leave = leave;
    for (const opener of document.querySelectorAll("[data-hand-in]")) {
      opener.addEventListener("click", (event) => {
        event.preventDefault();
        this.open();
      });
    }
    this.#dialog.querySelector("[data-hand-in-back]").addEventListener("click", () => this.#dialog.close());
    this.#button.addEventListener("click", () => this.#handIn());
  }

  open() {
    const open = [...this.#answers()].filter(([, choice]) => !choice.length).map(([position]) => position);
    const marked = this.#marked();
    this.#list("[data-unanswered]", open);
    this.#list("[data-marked]", marked);
    this.#dialog.querySelector("[data-all-answered]").hidden = open.length > 0;
    this.#say("");
    this.#dialog.showModal();
  }

  close() {
    if (this.#dialog.open) this.#dialog.close();
  }

  #list(selector, positions) {
    const box = this.#dialog.querySelector(selector);
    box.hidden = positions.length === 0;
    box.querySelector("[data-number]").textContent = String(positions.length);
    const links = positions.map((position) => {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = `#q${position}`;
      link.textContent = String(position);
      link.setAttribute("aria-label", word("question", { n: position }));
      link.addEventListener("click", (event) => {
        event.preventDefault();
        this.#dialog.close();
        this.#goTo(position);
      });
      item.append(link);
      return item;
    });
    box.querySelector("ol").replaceChildren(...links);
  }

  #say(text) {
    this.#message.textContent = text;
    this.#message.hidden = !text;
  }

  async #handIn() {
    this.#button.disabled = true;
    this.#say(word("handing_in"));
    try {
      await this.#settle();
      for (let tried = 1; tried <= TRIES; tried += 1) {
        const lastSeq = await this.#drain();
        if (lastSeq < 0) {
          this.#say(word("hand_in_waits"));
          return;
        }
        const { isOver, isBehind } = await this.#submit(lastSeq);
        if (isOver) {
          this.#leave();
          return;
        }
        if (!isBehind) break;
      }
      this.#say(word("hand_in_failed"));
    } catch {
      this.#say(word("hand_in_waits"));
    } finally {
      this.#button.disabled = false;
    }
  }

  /** Hand in what is acknowledged; a server that has less of it refuses. */
  async #submit(lastSeq) {
    const response = await fetch(this.#url, {
      method: "POST",
      credentials: "same-origin",
      headers: { Accept: "application/json", "X-CSRFToken": page.token },
      body: new URLSearchParams({ last_seq: lastSeq }),
    });
    const body = await response.json().catch(() => null);
    const isBehind = response.status === 409 && body?.code === "sequence_gap";
    if (response.ok && body?.receipt) await this.#onSealed(body.receipt);
    return { isOver: response.ok || (response.status === 409 && !isBehind), isBehind };
  }
}
