/**
 * After the sitting: what this browser could not deliver in time is delivered now, so that the server keeps it
 * apart for an appeal, and the candidate is told what it was. While the page is open it sees to it that the server
 * still knows of the hand-in: one that was restored to an older state may not.
 */

import { asSent, batchOf } from "./batch.js";
import { reportLosses } from "./losses.js";
import { Outbox } from "./outbox.js";
import { meta, page } from "./page.js";
import { word } from "./words.js";

const ASK_EVERY = 60000;

const box = document.querySelector("[data-changes]");
const told = document.querySelector("[data-receipt-told]");
const receipt = meta("receipt");
const outbox = await Outbox.open(page.sitting);

function tell(text) {
  told.querySelector("[data-receipt-words]").textContent = text;
  told.hidden = false;
}

async function post(events) {
  const response = await fetch(box.dataset.answersUrl, {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": page.token },
    body: JSON.stringify({ events: events.map(asSent) }),
  });
  return { status: response.status, body: await response.json().catch(() => null) };
}

/** Whether the server has kept all of them: it takes them in batches, and answers each that the end has passed. */
async function deliver(events) {
  for (let left = events; left.length; ) {
    const batch = batchOf(left);
    const { status } = await post(batch);
    if (status !== 409 && status !== 200) return false;
    left = left.slice(batch.length);
  }
  return true;
}

function list(events, heading) {
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

/** Ask how the sitting stands, and deliver what the server lacks. Resolves with whether to ask again. */
async function look() {
  const { status, body } = await post([]);
  // It runs again, or is not even started: the page there sends everything again, or says what to do.
  if (status === 200 || body?.code === "not_started") {
    location.reload();
    return false;
  }
  if (status === 404) {
    tell(word("unknown", { receipt }));
    return true;
  }
  if (body?.code !== "closed") {
    tell(word("signed_out"));
    return false;
  }
  await outbox.closedWith(body.acknowledged);
  await reportLosses(box.dataset.lossesUrl, outbox).catch(() => {});
  const waiting = await outbox.pending();
  const delivered = await deliver(waiting).catch(() => false);
  const late = delivered ? await outbox.refuse() : waiting;
  if (late.length) list(late, late.some((event) => event.isLost) ? "changes_lost" : "changes_refused");
  return true;
}

async function keepLooking() {
  // Without a connection nothing is known; ask again.
  const goesOn = await look().catch(() => true);
  if (goesOn) setTimeout(keepLooking, ASK_EVERY * (0.75 + Math.random() / 2));
}

const before = receipt ? await outbox.sealed(receipt) : "";
if (before && before !== receipt) tell(word("receipt_changed", { receipt: before }));
keepLooking();
