/** Tells the office that the server had acknowledged more than it has now: it was restored, or a standby took over. */

import { page } from "./page.js";

let reporting = null;

async function report(url, outbox) {
  for (const loss of (await outbox.standing()).losses) {
    const response = await fetch(url, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": page.token },
      body: JSON.stringify(loss),
    });
    // What the server will never take is not told again; anything else waits for the next time.
    if (!response.ok && response.status !== 422) return;
    await outbox.reported(loss);
  }
}

/** Report what is not reported yet; once at a time. */
export function reportLosses(url, outbox) {
  reporting ??= report(url, outbox).finally(() => {
    reporting = null;
  });
  return reporting;
}
