/** Signing in again without leaving the paper. */

import { meta, page, readAgain, takeToken } from "./page.js";
import { word } from "./words.js";

export class SignInDialog {
  #dialog = document.querySelector("[data-sign-in]");
  #form = this.#dialog.querySelector("form");
  #message = this.#dialog.querySelector("[data-sign-in-message]");
  #onDone;

  constructor({ onDone }) {
    this.#onDone = onDone;
    this.#dialog.addEventListener("cancel", (event) => event.preventDefault());
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
  }

  /** `why`: what ended the sign-in, in words, where somebody did. */
  open(why = "") {
    if (this.#dialog.open) return;
    this.#say(why);
    this.#dialog.showModal();
    this.#form.elements.username.focus();
  }

  close() {
    if (!this.#dialog.open) return;
    this.#form.elements.password.value = "";
    this.#dialog.close();
  }

  /** Another tab has signed in: take the new token and go on. */
  async adopt() {
    const again = await readAgain();
    if (again.isPaper) this.#succeed(again);
  }

  #say(text) {
    this.#message.textContent = text;
    this.#message.hidden = !text;
  }

  async #submit() {
    const button = this.#form.querySelector("button");
    const username = this.#form.elements.username.value;
    const password = this.#form.elements.password.value;
    button.disabled = true;
    this.#say("");
    try {
      const problem = await this.#signIn(username, password);
      if (problem) this.#say(problem);
      else await this.#enter(password);
    } catch {
      this.#say(word("sign_in_offline"));
    } finally {
      button.disabled = false;
    }
  }

  async #signIn(username, password) {
    const blank = await fetch(page.signInUrl, { credentials: "same-origin", headers: { Accept: "text/html" } });
    const token = meta("csrf-token", new DOMParser().parseFromString(await blank.text(), "text/html"));
    const response = await this.#post(page.signInUrl, { username, password }, token);
    if (response.ok) return "";
    const body = await response.json().catch(() => null);
    return body?.detail || word("sign_in_failed");
  }

  /** Read the paper again; where another sign-in holds it, take it over with the password just typed. */
  async #enter(password) {
    let again = await readAgain();
    const takeOver = again.document.querySelector("form[data-take-over]");
    if (!again.isPaper && takeOver) {
      const address = new URL(takeOver.getAttribute("action") || page.url, location.href);
      await this.#post(address, { password }, meta("csrf-token", again.document));
      again = await readAgain();
    }
    if (again.isPaper) this.#succeed(again);
    else if (again.status === 404) this.#say(word("not_your_sitting"));
    else location.reload();
  }

  #post(url, values, token) {
    return fetch(url, {
      method: "POST",
      credentials: "same-origin",
      headers: { Accept: "application/json", "X-CSRFToken": token },
      body: new URLSearchParams({ ...values, csrf_token: token }),
    });
  }

  #succeed(again) {
    takeToken(meta("csrf-token", again.document));
    this.close();
    this.#onDone();
  }
}
