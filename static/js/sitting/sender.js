/**
 * Brings the outbox to the server, one batch at a time, and learns the server's time on the way.
 *
 * States told to `onState`: saving, saved, offline, signed_out, and at the end closed, taken_over, void,
 * not_found. Nothing leaves the outbox but by the server's acknowledgement.
 */

import { LARGEST_BATCH, asSent, batchOf } from "./batch.js";
import { page, readAgain, takeToken } from "./page.js";

const ANSWER_LIMIT = 15000;
const LOCK_LIMIT = 8000;
const LONGEST_PAUSE = 30000;
const FINAL = new Set(["closed", "taken_over", "void", "not_started", "not_found"]);

export class Sender {
  #url;
  #outbox;
  #onState;
  #onReply;
  #onDropped;
  #failures = 0;
  #largest = LARGEST_BATCH;
  #freshTokens = 0;
  #retry = null;
  #last = Promise.resolve();
  #queued = null;
  #beat = false;

  constructor({ url, outbox, onState, onReply, onDropped }) {
    this.#url = url;
    this.#outbox = outbox;
    this.#onState = onState;
    this.#onReply = onReply;
    this.#onDropped = onDropped;
    this.paused = false;
    this.stopped = false;
  }

  /** Whether the sender waits before it tries again. */
  get isWaiting() {
    return this.#retry !== null;
  }

  /** Send what waits; at once, or after the pass that is under way. Resolves when that pass has ended. */
  wake({ beat = false } = {}) {
    this.#beat ||= beat;
    if (this.#queued) return this.#queued;
    const pass = this.#last.then(() => {
      this.#queued = null;
      return this.#pass();
    });
    this.#queued = pass;
    this.#last = pass.catch(() => {});
    return pass;
  }

  /** A change was made: send it, unless a pause after a failure is running. */
  changed() {
    if (!this.isWaiting) this.wake();
  }

  /** Try everything now; resolves with whether the outbox is empty. */
  async drain() {
    await this.wake();
    return (await this.#outbox.pending()).length === 0;
  }

  resume() {
    this.paused = false;
    this.#failures = 0;
    this.#freshTokens = 0;
    return this.wake({ beat: true });
  }

  /** The page goes away: a last try that outlives it. What it cannot deliver stays in the outbox. */
  async farewell() {
    if (this.stopped || this.paused) return;
    const events = batchOf(await this.#outbox.pending(), this.#largest);
    if (events.length) this.#request(events, { keepalive: true }).catch(() => {});
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.#retry);
  }

  async #pass() {
    clearTimeout(this.#retry);
    this.#retry = null;
    if (this.stopped || this.paused) return;
    await this.#alone(() => this.#sendAll());
  }

  /** One sender among the tabs. It saves requests; correctness does not rest on it: events are idempotent. */
  async #alone(work) {
    if (!navigator.locks) return work();
    const waiting = new AbortController();
    const timer = setTimeout(() => waiting.abort(), LOCK_LIMIT);
    try {
      return await navigator.locks.request(`kaofa-${page.sitting}`, { signal: waiting.signal }, () => {
        clearTimeout(timer);
        return work();
      });
    } catch (error) {
      if (error.name === "AbortError") return work();
      throw error;
    }
  }

  async #sendAll() {
    for (;;) {
      const events = batchOf(await this.#outbox.pending(), this.#largest);
      if (!events.length && !this.#beat) return;
      this.#beat = false;
      if (events.length) this.#onState("saving");
      let answer;
      try {
        answer = await this.#request(events);
      } catch {
        this.#pause();
        return;
      }
      if (!(await this.#digest(answer, events))) return;
    }
  }

  async #request(events, options = {}) {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), ANSWER_LIMIT);
    const sentAt = performance.now();
    try {
      const response = await fetch(this.#url, {
        method: "POST",
        credentials: "same-origin",
        headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": page.token },
        body: JSON.stringify({
          events: events.map(asSent),
        }),
        signal: options.keepalive ? undefined : limit.signal,
        ...options,
      });
      const isJson = /json/.test(response.headers.get("Content-Type") || "");
      const body = isJson ? await response.json() : null;
      return { status: response.redirected ? 401 : response.status, body, sentAt, receivedAt: performance.now() };
    } finally {
      clearTimeout(timer);
    }
  }

  /** Deal with an answer; resolves with whether to go on sending. */
  async #digest(answer, events) {
    const { status, body } = answer;
    const code = body?.code;
    if (status === 200 && body && Number.isInteger(body.acknowledged)) return this.#accepted(answer, events);
    if (status === 401 || (status === 403 && code !== "csrf")) {
      return this.#signedOut(body?.ended_by ? body.detail : "");
    }
    if (status === 403) return this.#freshToken();
    if (status === 404) return this.#end("not_found");
    if (status === 409 && FINAL.has(code)) return this.#end(code, answer);
    if (status === 409 && Number.isInteger(body?.acknowledged)) {
      await this.#outbox.renumber(body.acknowledged);
      return this.#strike();
    }
    if (status === 413 && events.length > 1) {
      this.#largest = Math.ceil(events.length / 2);
      return true;
    }
    if (status === 422) return this.#refused(body, events);
    this.#pause();
    return false;
  }

  async #accepted(answer, events) {
    const progressed = !events.length || answer.body.acknowledged >= events[0].seq;
    const done = await this.#outbox.acknowledge(answer.body.acknowledged);
    this.#onReply(answer, done);
    if (!progressed) return this.#strike();
    this.#failures = 0;
    this.#freshTokens = 0;
    const left = await this.#outbox.pending();
    if (!left.length) this.#largest = LARGEST_BATCH;
    this.#onState(left.length ? "saving" : "saved");
    return left.length > 0;
  }

  /** Something that should not repeat: go on at once twice, then with pauses. */
  #strike() {
    this.#failures += 1;
    if (this.#failures <= 2) return true;
    this.#pause();
    return false;
  }

  #pause() {
    this.#failures += 1;
    this.#onState("offline");
    if (this.stopped) return;
    const longest = Math.min(LONGEST_PAUSE, 1000 * 2 ** Math.min(this.#failures - 1, 5));
    const pause = Math.max(1000, longest * (0.5 + Math.random() / 2));
    this.#retry = setTimeout(() => this.wake({ beat: true }), pause);
  }

  /** `why`: what ended the sign-in, in words, where somebody did. */
  #signedOut(why = "") {
    this.paused = true;
    this.#onState("signed_out", why);
    return false;
  }

  /** The token is stale: read the page again for a new one; if that is not the paper, ask to sign in. */
  async #freshToken() {
    this.#freshTokens += 1;
    if (this.#freshTokens > 2) return this.#signedOut();
    let again;
    try {
      again = await readAgain();
    } catch {
      this.#pause();
      return false;
    }
    if (!again.isPaper) return this.#signedOut();
    takeToken(again.document.querySelector('meta[name="csrf-token"]')?.content);
    this.#beat = true;
    return true;
  }

  async #refused(body, events) {
    const numbers = (body?.problems || []).map((problem) => problem.seq ?? problem.data?.seq);
    const bad = events.find((event) => numbers.includes(event.seq)) || (events.length === 1 ? events[0] : null);
    if (bad) {
      this.#onDropped(await this.#outbox.drop(bad.seq));
      return true;
    }
    // Which of them it was is not said: halve the batch until it is alone.
    if (events.length > 1) {
      this.#largest = Math.max(1, Math.floor(events.length / 2));
      return true;
    }
    this.#pause();
    return false;
  }

  #end(state, answer = null) {
    this.stop();
    this.#onState(state, answer);
    return false;
  }
}
