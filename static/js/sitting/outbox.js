/**
 * The outbox: changes of answers that the server has not yet acknowledged.
 *
 * An event is {seq, position, choice, before, isText}; `before` is the answer it replaced, and with `isText`
 * the choice is a text for each field. Sequence numbers follow on
 * from what is acknowledged, without gaps, in all tabs of this browser together.
 */

import { openStore } from "./store.js";

export function sameChoice(one, other) {
  return one.length === other.length && one.every((part, index) => part === other[index]);
}

function numberFrom(events, acknowledged) {
  events.forEach((event, index) => {
    event.seq = acknowledged + 1 + index;
  });
}

/**
 * What of the waiting events still has to be said, when the server has gone on without them.
 *
 * Where the server's answer is one that this machine knew, our last choice follows it. Where it is another, it
 * was given later on another machine, and stays.
 */
function settle(events, answers) {
  const chains = new Map();
  for (const event of events) {
    const known = chains.get(event.position) || { chain: [event.before], isText: event.isText };
    known.chain.push(event.choice);
    chains.set(event.position, known);
  }
  const kept = [];
  const superseded = [];
  for (const [position, { chain, isText }] of chains) {
    const server = answers.get(position) || [];
    const last = chain[chain.length - 1];
    if (sameChoice(server, last)) continue;
    const follows = chain.some((choice) => sameChoice(server, choice));
    if (follows) kept.push({ position, choice: last, before: server, isText });
    else superseded.push(position);
  }
  return { kept, superseded };
}

export class Outbox {
  constructor(store) {
    this.store = store;
  }

  static async open(sitting) {
    return new Outbox(await openStore(sitting));
  }

  /** Whether what waits here survives a reload. */
  get isDurable() {
    return this.store.kind === "durable";
  }

  /**
   * Meet the page as the server rendered it: its last sequence number and its answers.
   *
   * Resolves with {stale, superseded}: `stale` when another tab has had more acknowledged than this page
   * shows, so that the page must be read again; `superseded` lists positions answered later elsewhere.
   */
  meet(lastSeq, answers) {
    return this.store.update((record) => {
      if (record.acknowledged > lastSeq) return { stale: true, superseded: [] };
      const first = record.events[0];
      record.acknowledged = lastSeq;
      if (!first || first.seq === lastSeq + 1) return { stale: false, superseded: [] };
      const { kept, superseded } = settle(record.events, answers);
      numberFrom(kept, lastSeq);
      record.events = kept;
      return { stale: false, superseded };
    });
  }

  add(position, choice, before, isText) {
    return this.store.update((record) => {
      const last = record.events[record.events.length - 1];
      const event = { seq: (last ? last.seq : record.acknowledged) + 1, position, choice, before, isText };
      record.events.push(event);
      return event;
    });
  }

  pending() {
    return this.store.update((record) => record.events);
  }

  /** Forget events up to `seq`, which are durable on the server; resolves with those forgotten. */
  acknowledge(seq) {
    return this.store.update((record) => {
      const done = record.events.filter((event) => event.seq <= seq);
      record.events = record.events.filter((event) => event.seq > seq);
      record.acknowledged = Math.max(record.acknowledged, seq);
      return done;
    });
  }

  /** Another writer has used our numbers: what waits here follows after `acknowledged`. */
  renumber(acknowledged) {
    return this.store.update((record) => {
      record.acknowledged = acknowledged;
      numberFrom(record.events, acknowledged);
    });
  }

  /** Take out one event that the server will never accept; the others close the gap. */
  drop(seq) {
    return this.store.update((record) => {
      const dropped = record.events.find((event) => event.seq === seq);
      record.events = record.events.filter((event) => event.seq !== seq);
      numberFrom(record.events, record.acknowledged);
      return dropped;
    });
  }

  /** The exam is over: what was sent too late is kept for the candidate to see, and no longer waits. */
  refuse() {
    return this.store.update((record) => {
      record.refused = record.refused.concat(record.events);
      record.events = [];
      return record.refused;
    });
  }

  refused() {
    return this.store.update((record) => record.refused || []);
  }
}
