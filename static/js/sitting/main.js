/** The paper, alive: each change goes through the outbox to the server, and the page says honestly where it is. */

import { Card } from "./card.js";
import { Countdown, ServerClock } from "./clock.js";
import { HandIn } from "./hand_in.js";
import { listenToKeys } from "./keys.js";
import { Outbox, sameChoice } from "./outbox.js";
import {
  answersOf,
  asksForText,
  choiceOf,
  meta,
  page,
  questionsOf,
  readAgain,
  showChoice,
  showLength,
  touched,
} from "./page.js";
import { Pauses } from "./pauses.js";
import { Sender } from "./sender.js";
import { SignInDialog } from "./sign_in.js";
import { View } from "./view.js";
import { wallClock, word } from "./words.js";

const HEARTBEAT = 20000;
const POLL = 3000;
/** So often the page is read again while other tabs have more and more acknowledged. */
const MEETINGS = 3;

const form = document.querySelector("form[data-paper]");
const questions = questionsOf();
const byPosition = new Map(questions.map((question) => [Number(question.dataset.position), question]));
const indicator = document.querySelector("[data-save]");
const speech = document.querySelector("[data-speech]");

const clock = new ServerClock();
const loadedAt = performance.getEntriesByType("navigation")[0]?.responseStart || performance.now();
clock.learn(meta("server-time"), loadedAt, loadedAt);

/** Position → letters or texts: `shown` as the page has them, `saved` as the server has acknowledged them. */
let saved = answersOf(document);
const shown = new Map(saved);
let savedAt = null;
let state = "saved";
let over = false;
let writing = Promise.resolve();

/** Whether a restored server is being sent again what it had acknowledged. */
let sendsAgain = false;

const outbox = await Outbox.open(page.sitting, (position) => asksForText(byPosition.get(position)));
const met = await meetServer();
const waitingEvents = await outbox.pending();
// From here to listen() nothing waits. What was chosen while the page was still coming alive is an answer too.
const early = questions.filter(touched).map((question) => [question, choiceOf(question)]);
for (const event of waitingEvents) shown.set(event.position, event.choice);
for (const [position, choice] of shown) showChoice(byPosition.get(position), choice);

const channel = "BroadcastChannel" in window ? new BroadcastChannel(`kaofa-${page.sitting}`) : null;
const tell = (message) => channel?.postMessage(message);

const sender = new Sender({
  url: form.action,
  lossesUrl: form.dataset.lossesUrl,
  outbox,
  onState: changeState,
  onReply: learn,
  onDropped: dropped,
  onContradiction: meetAgain,
});
const card = new Card({
  sitting: page.sitting,
  questions,
  onChoose: (position) => view.goTo(byPosition.get(position)),
});
/** The question in which an input method composes: what stands there is not written yet. */
let composing = null;
const pauses = new Pauses((question) => {
  if (question === composing) pauses.note(question);
  else answered(question);
});
const view = new View({ form, questions, onMove: (position) => card.setCurrent(position) });
const signIn = new SignInDialog({
  onDone: () => {
    tell({ kind: "signed_in" });
    sender.resume();
  },
});
const handIn = new HandIn({
  url: form.dataset.submitUrl,
  settle: () => {
    takeWords();
    return writing;
  },
  drain: () => sender.drain(),
  answers: () => shown,
  marked: () => card.marked,
  goTo: (position) => {
    card.close();
    view.goTo(byPosition.get(position));
  },
  onSealed: (receipt) => outbox.sealed(receipt),
  leave: () => location.reload(),
});
const countdown = new Countdown({
  clock,
  deadline: Date.parse(meta("deadline")),
  onOver: timeIsOver,
  onMoved: (change, until) => notice("time", word(change > 0 ? "more_time" : "less_time", {
    n: Math.max(1, Math.round(Math.abs(change) / 60000)),
    until,
  })),
  onSuspicion: () => sender.wake({ beat: true }),
});

card.onMarks = () => card.show(shown);
listenToKeys({
  view,
  card,
  onNoQuestion: () => {
    notice("keys", word("choose_a_question"));
    say(word("choose_a_question"));
  },
  onQuestion: () => {
    document.querySelector('[data-notice="keys"]').hidden = true;
  },
});
listen();
card.show(shown);
showState();
for (const [question, choice] of early) {
  showChoice(question, choice);
  answered(question);
}
tellOfMeeting(met);
document.documentElement.dataset.live = "yes";
sender.wake({ beat: true });

/** Agree with the server on where the journal stands; the page is read again if other tabs are ahead of it. */
async function meetServer() {
  const first = await outbox.meet({ ...journalIn(document), known: 0 });
  if (!first.stale) return first;
  return (await meetAnew().catch(() => null)) || first;
}

/** What a page, as the server wrote it, says of the journal. */
function journalIn(source) {
  return { lastSeq: Number(meta("last-seq", source)), answers: answersOf(source), paper: meta("paper", source) };
}

/**
 * Read the page again and meet the server as it is now; `saved` and `shown` then agree with it. Resolves with what
 * came of it and the positions that it `changed`, null where the address is no paper any more; rejects when the
 * server cannot be reached.
 */
async function meetAnew() {
  await writing;
  const before = new Map(shown);
  for (let meeting = 1; meeting <= MEETINGS; meeting += 1) {
    const { known } = await outbox.standing();
    const again = await readAgain();
    if (again.status >= 500) throw new Error(String(again.status));
    if (!again.isPaper) return null;
    const journal = journalIn(again.document);
    if (journal.paper !== meta("paper")) {
      location.reload();
      return null;
    }
    const result = await outbox.meet({ ...journal, known });
    if (result.stale) continue;
    saved = journal.answers;
    const now = new Map(saved);
    for (const event of await outbox.pending()) now.set(event.position, event.choice);
    // What was answered meanwhile is on its way to the outbox, and is newer.
    const changed = [...now.keys()].filter(
      (at) => sameChoice(shown.get(at), before.get(at)) && !sameChoice(now.get(at), before.get(at)),
    );
    for (const position of changed) shown.set(position, now.get(position));
    return { ...result, changed };
  }
  throw new Error("busy");
}

/** A reply contradicts what the page knows: meet the server, and show what is so now. */
async function meetAgain() {
  const result = await meetAnew();
  if (!result) return;
  const questionsChanged = result.changed.map((position) => byPosition.get(position));
  for (const question of questionsChanged.filter((changed) => !pauses.isWritingIn(changed))) {
    showChoice(question, shown.get(Number(question.dataset.position)));
  }
  card.show(shown);
  tellOfMeeting(result);
  showState();
}

/** Say what the meeting brought: nothing of it is passed over in silence. */
function tellOfMeeting({ wentBack, superseded = [], again, receipt, former = [] }) {
  if (superseded.length) notice("info", word("superseded", { list: superseded.join("、") }));
  if (former.length) listChanges(lastOf(former), "changes_former");
  if (receipt) notice("forgotten", word("hand_in_forgotten", { receipt }));
  if (!wentBack) return;
  sendsAgain = again > 0;
  const text = word(again ? "went_back" : "went_back_settled", { n: again });
  notice("back", text);
  speech.textContent = text;
}

/** The last of each question's changes. */
function lastOf(events) {
  return [...new Map(events.map((event) => [event.position, event])).values()];
}

function listen() {
  form.addEventListener("change", (event) => {
    const question = event.target.closest("fieldset[data-position]");
    if (question) answered(question);
  });
  form.addEventListener("input", (event) => {
    const question = event.target.closest("fieldset[data-position]");
    if (!question || !asksForText(question) || over) return;
    showLength(question);
    pauses.note(question);
    showState();
  });
  form.addEventListener("compositionstart", (event) => {
    composing = event.target.closest("fieldset[data-position]");
  });
  form.addEventListener("compositionend", () => {
    composing = null;
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const question of questions) {
    question.querySelector("[data-clear]").addEventListener("click", () => {
      showChoice(question, []);
      answered(question);
      question.focus({ preventScroll: true });
    });
  }
  for (const button of document.querySelectorAll("[data-notice-close]")) {
    button.addEventListener("click", () => {
      button.closest("[data-notice]").hidden = true;
    });
  }
  channel?.addEventListener("message", (event) => hear(event.data));
  addEventListener("online", () => sender.wake({ beat: true }));
  addEventListener("offline", () => changeState("offline"));
  addEventListener("pagehide", () => {
    takeWords();
    writing.then(() => sender.farewell());
  });
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  addEventListener("beforeunload", (event) => {
    if (!outbox.isDurable && state === "offline") event.preventDefault();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") sender.wake({ beat: true });
  });
  setInterval(() => {
    if (!sender.isWaiting && !over) sender.wake({ beat: true });
  }, HEARTBEAT);
}

function answered(question) {
  if (over) return;
  pauses.forget(question);
  const position = Number(question.dataset.position);
  const choice = choiceOf(question);
  const before = shown.get(position);
  if (sameChoice(choice, before)) {
    showState();
    return;
  }
  shown.set(position, choice);
  card.show(shown);
  if (state === "saved") changeState("saving");
  writing = writing.then(async () => {
    await outbox.add(position, choice, before, asksForText(question));
    tell({ kind: "answer", position, choice });
    sender.changed();
    if (state === "offline") showState();
  });
}

/** What the other tabs of this browser say. */
function hear(message) {
  if (message.kind === "answer" || message.kind === "acknowledged") {
    for (const event of message.events || [message]) {
      shown.set(event.position, event.choice);
      showChoice(byPosition.get(event.position), event.choice);
      if (message.kind === "acknowledged") saved.set(event.position, event.choice);
    }
    if (message.savedAt) savedAt = message.savedAt;
    card.show(shown);
    showState();
  } else if (message.kind === "signed_in" && sender.paused) {
    signIn.adopt().catch(() => {});
  } else if (message.kind === "over") {
    location.reload();
  }
}

function learn({ body, sentAt, receivedAt }, done) {
  clock.learn(body.server_time, sentAt, receivedAt);
  for (const event of done) saved.set(event.position, event.choice);
  if (done.length || savedAt === null) savedAt = Date.parse(body.server_time);
  if (done.length) {
    const events = done.map(({ position, choice }) => ({ position, choice }));
    outbox.pending().then((waiting) => {
      const busy = new Set(waiting.map((event) => event.position));
      tell({ kind: "acknowledged", events: events.filter((event) => !busy.has(event.position)), savedAt });
    });
  }
  if (body.state !== "running") leaveWhenSealed();
  else if (!over) countdown.setDeadline(body.deadline);
}

function dropped(event) {
  if (!event) return;
  const question = byPosition.get(event.position);
  notice("bad", word("dropped", { n: event.position }), question && `#q${event.position}`);
  const choice = saved.get(event.position) || [];
  shown.set(event.position, choice);
  // Words stay where they were written: they can be shortened, and chosen letters chosen anew.
  if (question && !asksForText(question)) showChoice(question, choice);
  card.show(shown);
}

/** `answer`: what the server said, where it ends the paper; `why`: what ended the sign-in, in words. */
async function changeState(next, { answer = null, why = "" } = {}) {
  const previous = state;
  state = next;
  if (next === "saved" && sendsAgain) {
    sendsAgain = false;
    notice("back", word("sent_again"));
    speech.textContent = word("sent_again");
  }
  showState();
  if (next === "offline" && previous !== "offline") speech.textContent = word("offline_said");
  if (next === "saved" && previous === "offline") speech.textContent = word("online_said");
  if (next === "signed_out") {
    handIn.close();
    signIn.open(why);
  }
  if (next === "closed") await closed(answer.body.acknowledged);
  if (next === "taken_over" || next === "void") await ended(next);
  if (next === "not_started" && outbox.isDurable) location.reload();
  else if (next === "not_found" || next === "not_started") notice("unknown", word(next));
  if (next === "saved") document.querySelector('[data-notice="unknown"]').hidden = true;
}

async function showState() {
  const count = [...saved.values()].filter((choice) => choice.length).length;
  const values = { n: count, all: questions.length, time: savedAt === null ? "--:--:--" : wallClock(savedAt) };
  let told = state === "saved" && pauses.isWriting ? "saving" : state;
  if (told === "saving" && sendsAgain) told = "sending_again";
  indicator.dataset.state = { saving: "saving", saved: "saved" }[told] || "offline";
  let text = word(["saved", "saving", "sending_again"].includes(told) ? told : "offline", values);
  if (state === "offline") {
    const waiting = (await outbox.pending()).length;
    if (state !== "offline") return;
    text = word(outbox.isDurable ? "offline" : "offline_memory");
    if (waiting) text += word("waiting", { n: waiting });
  } else if (state !== "saved" && state !== "saving") {
    text = word(`short_${state}`);
  }
  indicator.querySelector("[data-save-words]").textContent = text;
}

/** Have it read out; the same words again are something new. */
function say(text) {
  speech.textContent = "";
  requestAnimationFrame(() => {
    speech.textContent = text;
  });
}

/** A message over the paper that stays until it is read; one of each kind at a time. */
function notice(kind, text, href = "") {
  const box = document.querySelector(`[data-notice="${kind}"]`);
  box.querySelector("[data-notice-words]").textContent = text;
  const link = box.querySelector("a");
  if (link && href) link.href = href;
  box.hidden = false;
}

function freeze() {
  over = true;
  form.classList.add("frozen");
  for (const part of [...questions, ...document.querySelectorAll("[data-hand-in]")]) part.disabled = true;
}

/** Words that wait for a pause in the writing are an answer too. */
function takeWords() {
  for (const question of questions.filter(asksForText)) answered(question);
}

async function timeIsOver() {
  if (over) return;
  takeWords();
  freeze();
  handIn.close();
  notice("over", word("time_over"));
  speech.textContent = word("time_over");
  await writing;
  sender.wake();
  leaveWhenSealed();
}

/** The server says that the time is over. What it refuses is listed; the receipt page delivers it for an appeal. */
async function closed(acknowledged) {
  if (!over) notice("over", word("closed"));
  freeze();
  countdown.stop();
  handIn.close();
  await outbox.closedWith(acknowledged);
  const late = await outbox.pending();
  listChanges(late, late.some((event) => event.isLost) ? "changes_lost" : "changes_refused");
  leaveWhenSealed(0);
}

async function ended(reason) {
  freeze();
  countdown.stop();
  handIn.close();
  notice("ended", word(reason));
  listChanges(await outbox.pending(), "changes_waiting");
}

function listChanges(events, heading) {
  if (!events.length) return;
  const box = document.querySelector("[data-changes]");
  box.querySelector("[data-changes-words]").textContent = word(heading, { n: events.length });
  const items = events.map((event) => {
    const item = document.createElement("li");
    const choice = event.choice.length ? event.choice.join(event.isText ? "；" : "") : word("cleared");
    item.textContent = word("change", { n: event.position, choice });
    return item;
  });
  box.querySelector("ul").replaceChildren(...items);
  box.hidden = false;
}

/** Ask the page, from the end of the grace on, whether it is still the paper; leave when it is not. */
let leaving = null;
function leaveWhenSealed(graceSeconds = page.graceSeconds) {
  if (leaving) return;
  const ask = async () => {
    try {
      const again = await readAgain();
      const moved = meta("deadline", again.document);
      const hasMoreTime = again.isPaper && moved && Date.parse(moved) > clock.now();
      if ((!again.isPaper && again.status < 500) || hasMoreTime) {
        tell({ kind: "over" });
        location.reload();
        return;
      }
    } catch {
      /* No connection: the server seals by itself; ask again. */
    }
    leaving = setTimeout(ask, POLL + Math.random() * POLL);
  };
  // The spread keeps a whole room from asking in the same second.
  leaving = setTimeout(ask, graceSeconds * 1000 + 500 + Math.random() * 1500);
}
