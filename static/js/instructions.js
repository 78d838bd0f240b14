/**
 * Before the bell: tests the connection and the clock, keeps the sign-in alive, and wakes the start button when
 * the session opens, by the server's time and without a reload.
 */

import { hms, ServerClock } from "./sitting/clock.js";
import { meta, page } from "./sitting/page.js";
import { openStore } from "./sitting/store.js";
import { wallClock, word } from "./sitting/words.js";

const ASK_EVERY = 30000;
const NOTICEABLE = 5000;

const clock = new ServerClock();
const button = document.querySelector("[data-start]");
const reason = document.querySelector("[data-start-reason]");
const connection = document.querySelector("[data-connection]");
const clockLine = document.querySelector("[data-clock-line]");
let opensAt = Date.parse(meta("opens-at"));

const loadedAt = performance.getEntriesByType("navigation")[0]?.responseStart || performance.now();
clock.learn(meta("server-time"), loadedAt, loadedAt);

function say(element, tone, text) {
  element.dataset.tone = tone;
  element.querySelector("[data-words]").textContent = text;
}

function tick() {
  const now = clock.now();
  document.querySelector("[data-server-time]").textContent = wallClock(now);
  const left = opensAt - now;
  if (left > 0) {
    reason.textContent = word("opens_in", { left: hms(left) });
  } else if (button.disabled) {
    button.disabled = false;
    reason.textContent = word("open_now");
  }
}

function showClock() {
  const ahead = Date.now() - clock.now();
  if (Math.abs(ahead) < NOTICEABLE) {
    say(clockLine, "good", word("clock_right"));
    return;
  }
  const minutes = Math.max(1, Math.round(Math.abs(ahead) / 60000));
  say(clockLine, "warn", word(ahead > 0 ? "clock_fast" : "clock_slow", { n: minutes }));
}

async function ask() {
  try {
    const sentAt = performance.now();
    const response = await fetch(location.pathname, {
      credentials: "same-origin",
      cache: "no-store",
      headers: { Accept: "text/html" },
    });
    const receivedAt = performance.now();
    const again = new DOMParser().parseFromString(await response.text(), "text/html");
    if (!response.ok) throw new Error(String(response.status));
    if (!again.querySelector("[data-start]")) {
      location.reload();
      return;
    }
    clock.learn(meta("server-time", again), sentAt, receivedAt);
    opensAt = Date.parse(meta("opens-at", again));
    const token = meta("csrf-token", again);
    for (const input of document.querySelectorAll("input[name=csrf_token]")) input.value = token;
    say(connection, "good", word("connected", { n: Math.round(receivedAt - sentAt) }));
    showClock();
  } catch {
    say(connection, "bad", word("disconnected"));
  }
}

tick();
setInterval(tick, 250);
ask();
setInterval(ask, ASK_EVERY + Math.random() * 5000);
addEventListener("online", ask);

// Before the start this browser can know of answers only when the server has forgotten the start.
const store = await openStore(page.sitting);
const isKnown = await store.update(({ acknowledged, events }) => acknowledged > 0 || events.length > 0);
document.querySelector("[data-answers-kept]").hidden = !isKnown;
