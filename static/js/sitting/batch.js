/** Batches of waiting changes, as the server takes them. */

export const LARGEST_BATCH = 200;

/** Bytes of a batch: a save may have 64 KiB, and a request that outlives its page no more either. */
const LARGEST_BYTES = 48 * 1024;

/** An event of the outbox as the server is told it. */
export function asSent({ seq, position, choice, isText }) {
  return isText ? { seq, position, text: choice.join("\n") } : { seq, position, choice };
}

/** The first of the events that go together: at most so many, and no more than a request may have bytes. */
export function batchOf(events, largest = LARGEST_BATCH) {
  const encoder = new TextEncoder();
  let bytes = 0;
  let count = 0;
  for (const event of events.slice(0, largest)) {
    bytes += encoder.encode(JSON.stringify(asSent(event))).length;
    if (count && bytes > LARGEST_BYTES) break;
    count += 1;
  }
  return events.slice(0, count);
}
