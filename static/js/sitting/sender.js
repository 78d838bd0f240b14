/**
 * Brings the outbox to the server, one batch at a time, and learns the server's time on the way.
 *
 * States told to `onState`: saving, saved, offline, signed_out, not_found and not_started (both tried again), and
 * at the end closed, taken_over, void. Nothing leaves the outbox but by the server's acknowledgement, and a reply
 * that contradicts what was acknowledged before is believed: `onContradiction` meets the server anew.
 */

import { LARGEST_BATCH, asSent, batchOf } from "./batch.js";
import { reportLosses } from "./losses.js";
import { page, readAgain, takeToken } from "./page.js";

const ANSWER_LIMIT = 15000;
const LOCK_LIMIT = 8000;
const LONGEST_PAUSE = 30000;
const FINAL = new Set(["closed", "taken_over", "void"]);
/** A server that was restored may not know the sitting yet, or not its start: it may learn of them again. */
const UNKNOWN = new Set(["not_found", "not_started"]);

export class Sender {
  #url;
  #outbox;
  #onState;
  #onReply;
  #onDropped;
  #onContradiction;
  #lossesUrl;
  #failures = 0;
  #largest = LARGEST_BATCH;
  #freshTokens = 0;
  #retry = null;
  #last = Promise.resolve();
  #queued = null;
  #beat = false;
  #isDrained = false;

  constructor({ url, lossesUrl, outbox, onState, onReply, onDropped, onContradiction }) {
    this.#url = url;
    this.#lossesUrl = lossesUrl;
    this.#outbox = outbox;
    this.#onState = onState;
    this.#onReply = onReply;
    this.#onDropped = onDropped;
    this.#onContradiction = onContradiction;
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

  /** Try everything now, and ask the server what it has; resolves with how much it has, -1 if not everything. */
  async drain() {
    this.#isDrained = false;
    await this.wake({ beat: true });
    const { known, events } = await this.#outbox.standing();
    return this.#isDrained && !events.length ? known : -1;
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
      const { known, events } = await this.#outbox.standing();
      const sent = batchOf(events, this.#largest);
      if (!sent.length && !this.#beat) return;
      this.#beat = false;
      if (sent.length) this.#onState("saving");
      let answer;
      try {
        answer = await this.#request(sent);
      } catch {
        this.#pause();
        return;
      }
      if (!(await this.#digest(answer, { sent, known }))) return;
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

  /** Deal with an answer to `sent`, asked when `known` was acknowledged; resolves with whether to go on sending. */
  async #digest(answer, { sent, known }) {
    const { status, body } = answer;
    const code = status === 404 ? "not_found" : body?.code;
    if (status === 200 && body && Number.isInteger(body.acknowledged)) {
      return this.#accepted(answer, { sent, known });
    }
    if (status === 401 || (status === 403 && code !== "csrf")) {
      return this.#signedOut(body?.ended_by ? body.detail : "");
    }
    if (status === 403) return this.#freshToken();
    if (UNKNOWN.has(code)) {
      this.#pause(code);
      return false;
    }
    if (status === 409 && FINAL.has(code)) return this.#end(code, answer);
    // A gap or a conflict: the server's journal is not the one that it was when the page met it.
    if (status === 409 && Number.isInteger(body?.acknowledged)) return this.#contradicted();
    if (status === 413 && sent.length > 1) {
      this.#largest = Math.ceil(sent.length / 2);
      return true;
    }
    if (status === 422) return this.#refused(body, sent);
    this.#pause();
    return false;
  }

  async #accepted(answer, { sent, known }) {
    const { acknowledged } = answer.body;
    const progressed = !sent.length || acknowledged >= sent[0].seq;
    const { done, contradicts } = await this.#outbox.acknowledge(acknowledged, { sent, known });
    this.#onReply(answer, done);
    if (contradicts) return this.#contradicted();
    if (!progressed) return this.#strike();
    this.#failures = 0;
    this.#freshTokens = 0;
    const { events: left, losses } = await this.#outbox.standing();
    // The office is told what the server had forgotten. No answer of the candidate's waits for that.
    if (losses.length) reportLosses(this.#lossesUrl, this.#outbox).catch(() => {});
    if (!left.length) this.#largest = LARGEST_BATCH;
    this.#isDrained = !left.length;
    this.#onState(left.length ? "saving" : "saved");
    return left.length > 0;
  }

  /** The server says other than before: meet it anew, then ask it again. */
  async #contradicted() {
    try {
      await this.#onContradiction();
    } catch {
      this.#pause();
      return false;
    }
    this.#beat = true;
    return this.#strike();
  }

  /** Something that should not repeat: go on at once twice, then with pauses. */
  #strike() {
    this.#failures += 1;
    if (this.#failures <= 2) return true;
    this.#pause();
    return false;
  }

  #pause(state = "offline") {
    this.#failures += 1;
    this.#onState(state);
    if (this.stopped) return;
    const longest = Math.min(LONGEST_PAUSE, 1000 * 2 ** Math.min(this.#failures - 1, 5));
    const pause = Math.max(1000, longest * (0.5 + Math.random() / 2));
    this.#retry = setTimeout(() => this.wake({ beat: true }), pause);
  }

  /** `why`: what ended the sign-in, in words, where somebody did. */
  #signedOut(why = "") {
    this.paused = true;
    this.#onState("signed_out", { why });
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
      this.#beat = true;
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
    this.#onState(state, { answer });
    return false;
  }
}
