/**
 * After the sitting: what this browser could not deliver in time is delivered now, so that the server keeps it
 * apart for an appeal, and the candidate is told what it was.
 */

import { asSent, batchOf } from "./batch.js";
import { Outbox } from "./outbox.js";
import { page } from "./page.js";
import { word } from "./words.js";

const box = document.querySelector("[data-changes]");
const outbox = await Outbox.open(page.sitting);
const waiting = await outbox.pending();

/** Whether the server has kept all of them: it takes them in batches, and answers each that the end has passed. */
async function deliver(events) {
  for (let left = events; left.length; ) {
    const batch = batchOf(left);
    const response = await fetch(box.dataset.answersUrl, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": page.token },
      body: JSON.stringify({ events: batch.map(asSent) }),
    });
    if (response.status !== 409 && !response.ok) return false;
    left = left.slice(batch.length);
  }
  return true;
}

const delivered = await deliver(waiting).catch(() => false);
const late = delivered ? await outbox.refuse() : waiting;
if (late.length) {
  box.querySelector("[data-changes-words]").textContent = word("changes_refused", { n: late.length });
  const items = late.map((event) => {
    const item = document.createElement("li");
    const choice = event.choice.length ? event.choice.join(event.isText ? "；" : "") : word("cleared");
    item.textContent = word("change", { n: event.position, choice });
    return item;
  });
  box.querySelector("ul").replaceChildren(...items);
  box.hidden = false;
}
