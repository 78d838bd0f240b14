/**
 * The server's time on this machine's monotonic clock, and the countdown to the deadline.
 *
 * The wall clock of the machine is never used for the time left: moving it changes nothing.
 */

import { wallClock, word } from "./words.js";

const NOTICE_MINUTES = [15, 5, 1];
const SAMPLE_AGE = 60000;
const LARGE_CORRECTION = 2000;

export class ServerClock {
  #offset = null;
  #rtt = Infinity;
  #takenAt = 0;

  /** Learn from an answer: `time` was the server's, some time between `sentAt` and `receivedAt`. */
  learn(time, sentAt, receivedAt) {
    const instant = Date.parse(time);
    if (Number.isNaN(instant)) return;
    const rtt = receivedAt - sentAt;
    const offset = instant + rtt / 2 - receivedAt;
    const old = receivedAt - this.#takenAt > SAMPLE_AGE;
    const better = rtt <= this.#rtt * 1.5 + 20;
    const wrong = Math.abs(offset - this.#offset) > LARGE_CORRECTION + rtt;
    if (this.#offset !== null && !old && !better && !wrong) return;
    this.#offset = offset;
    this.#rtt = rtt;
    this.#takenAt = receivedAt;
  }

  now() {
    return performance.now() + this.#offset;
  }
}

export function hms(milliseconds) {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  const two = (number) => String(number).padStart(2, "0");
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

export class Countdown {
  #clock;
  #deadline;
  #shown = Infinity;
  #announced;
  #box = document.querySelector("[data-clock]");
  #figures = document.querySelector("[data-clock-figures]");
  #words = document.querySelector("[data-clock-words]");
  #speech = document.querySelector("[data-speech]");
  #onOver;
  #onMoved;
  #onSuspicion;
  #wall = Date.now();
  #steady = performance.now();
  #timer;

  /** `onSuspicion` is called when the machine seems to have slept: the time should be asked again. */
  constructor({ clock, deadline, onOver, onMoved, onSuspicion }) {
    this.#clock = clock;
    this.#deadline = deadline;
    this.#onOver = onOver;
    this.#onMoved = onMoved;
    this.#onSuspicion = onSuspicion;
    const minutes = (deadline - clock.now()) / 60000;
    this.#announced = new Set(NOTICE_MINUTES.filter((limit) => minutes <= limit));
    this.#timer = setInterval(() => this.#tick(), 250);
    this.#tick();
  }

  get deadline() {
    return this.#deadline;
  }

  /** The server's deadline; a moved one is shown at once and told. */
  setDeadline(text) {
    const deadline = Date.parse(text);
    if (Number.isNaN(deadline) || Math.abs(deadline - this.#deadline) < 500) return;
    const change = deadline - this.#deadline;
    this.#deadline = deadline;
    this.#shown = Infinity;
    const left = (deadline - this.#clock.now()) / 60000;
    this.#announced = new Set(NOTICE_MINUTES.filter((limit) => left <= limit));
    this.#onMoved(change, wallClock(deadline));
    this.#tick();
  }

  stop() {
    clearInterval(this.#timer);
  }

  #tick() {
    this.#watchForSleep();
    const left = Math.max(0, this.#deadline - this.#clock.now());
    // A correction may hold the figures for a moment, but they never run backwards, unless far off.
    const shown = left > this.#shown && left - this.#shown < 5000 ? this.#shown : left;
    this.#shown = shown;
    this.#show(shown);
    if (left === 0) {
      this.stop();
      this.#onOver();
    }
  }

  #show(left) {
    const text = hms(left);
    if (this.#figures.textContent !== text) this.#figures.textContent = text;
    const minutes = left / 60000;
    let level = "calm";
    if (minutes <= 1) level = "last";
    else if (minutes <= 5) level = "soon";
    if (minutes === 0) level = "over";
    if (this.#box.dataset.level !== level) {
      this.#box.dataset.level = level;
      const words = { soon: word("under_five"), last: word("under_one") };
      this.#words.textContent = words[level] ?? "";
    }
    for (const limit of NOTICE_MINUTES) {
      if (minutes <= limit && !this.#announced.has(limit)) {
        this.#announced.add(limit);
        this.#speech.textContent = word("minutes_left", { n: limit });
      }
    }
  }

  #watchForSleep() {
    const wall = Date.now();
    const steady = performance.now();
    const slept = wall - this.#wall - (steady - this.#steady);
    const stalled = steady - this.#steady > 5000;
    this.#wall = wall;
    this.#steady = steady;
    if (Math.abs(slept) > 1500 || stalled) this.#onSuspicion();
  }
}
