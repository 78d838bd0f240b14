/** Words are saved when the writing pauses, and now and then while it goes on; not at each key. */

const PAUSE = { blank: 800, short: 2000 };
const LONGEST = 10000;

export class Pauses {
  #waiting = new Map();
  #onPause;

  constructor(onPause) {
    this.#onPause = onPause;
  }

  /** Whether something is written that is not an answer yet. */
  get isWriting() {
    return this.#waiting.size > 0;
  }

  isWritingIn(question) {
    return this.#waiting.has(question);
  }

  /** A key was pressed in the question. */
  note(question) {
    const now = performance.now();
    const since = this.#waiting.get(question)?.since ?? now;
    this.forget(question);
    const pause = Math.max(0, Math.min(PAUSE[question.dataset.type], since + LONGEST - now));
    const timer = setTimeout(() => {
      this.#waiting.delete(question);
      this.#onPause(question);
    }, pause);
    this.#waiting.set(question, { timer, since });
  }

  /** What was written in the question is an answer now. */
  forget(question) {
    clearTimeout(this.#waiting.get(question)?.timer);
    this.#waiting.delete(question);
  }
}
