/**
 * The outbox: changes of answers that the server has not yet acknowledged, and those that it has, for as long as
 * a restored server might ask for them again.
 *
 * An event is {seq, position, choice, before, isText}; `before` is the answer it replaced, and with `isText`
 * the choice is a text for each field. Sequence numbers follow on
 * from what is acknowledged, without gaps, in all tabs of this browser together.
 */

import { numberFrom, reconcile, sameChoice } from "./reconcile.js";
import { openStore } from "./store.js";

export { sameChoice };

/** The record is written whole at each change: older events are folded into the answers that they led to. */
const MOST_KEPT = 400;
const MOST_KEPT_LETTERS = 60000;

function lettersOf({ choice }) {
  return choice.reduce((sum, part) => sum + part.length, 0);
}

function keep(record, event) {
  record.kept.push(event);
  let letters = record.kept.reduce((sum, kept) => sum + lettersOf(kept), 0);
  while (record.kept.length > MOST_KEPT || letters > MOST_KEPT_LETTERS) {
    const oldest = record.kept.shift();
    const answers = new Map(record.base.answers).set(oldest.position, oldest.choice);
    record.base = { seq: oldest.seq, answers: [...answers] };
    letters -= lettersOf(oldest);
  }
}

function isSame(one, other) {
  return one.seq === other.seq && one.position === other.position && sameChoice(one.choice, other.choice);
}

/** Another paper than before: nothing that was answered to that one is an answer to this. */
function leavePaper(record) {
  const former = [...record.kept, ...record.events];
  Object.assign(record, { base: null, kept: [], events: [], acknowledged: 0 });
  return former;
}

export class Outbox {
  #asksForText;

  constructor(store, asksForText) {
    this.store = store;
    this.#asksForText = asksForText;
  }

  /** `asksForText` tells whether a position is answered in words; who only looks needs none. */
  static async open(sitting, asksForText = () => false) {
    return new Outbox(await openStore(sitting), asksForText);
  }

  /** Whether what waits here survives a reload. */
  get isDurable() {
    return this.store.kind === "durable";
  }

  /**
   * Meet the page as the server rendered it: its last sequence number, its answers, and its paper.
   *
   * `known` is what was acknowledged when that page was asked for: a server that says less has gone back. Resolves
   * with {stale} alone when other tabs have had more acknowledged meanwhile, so that the page must be read again;
   * else with {wentBack, superseded, again, receipt, former}: `again` is how many changes wait for a server that
   * went back, `receipt` that of a hand-in of which it knows nothing any more, `former` the changes made to another
   * paper, which are not sent.
   */
  meet({ lastSeq, answers, paper, known }) {
    return this.store.update((record) => {
      const before = record.acknowledged;
      const isOther = record.paper !== null && record.paper !== paper;
      if (!isOther && before > lastSeq && lastSeq >= known) return { stale: true };
      const former = isOther ? leavePaper(record) : [];
      const { wentBack, superseded } = reconcile(record, { lastSeq, answers }, this.#asksForText);
      const { receipt } = record;
      Object.assign(record, { paper, receipt: "" });
      if (wentBack || isOther || receipt) record.losses.push({ known: before, found: lastSeq, receipt });
      const again = wentBack ? record.events.length : 0;
      return { stale: false, wentBack, superseded, again, receipt, former };
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

  /** What waits, what is `known` to be acknowledged, and what the server forgot and has not been told so yet. */
  standing() {
    return this.store.update(({ acknowledged, events, losses }) => ({
      known: acknowledged,
      events: events.map((event) => ({ ...event })),
      losses: [...losses],
    }));
  }

  /**
   * Take the server's word that events up to `seq` are durable, in reply to `sent`, which went out when `known`
   * were. Resolves with the events `done`, and whether the server `contradicts` what this browser knows: it has
   * fewer events than it acknowledged, or some that nobody here has made.
   */
  acknowledge(seq, { sent, known }) {
    return this.store.update((record) => {
      if (seq < known) return { done: [], contradicts: true };
      const done = [];
      // Another page may have used the number of an event that did not go out: that one is not acknowledged.
      while (record.events.length && record.events[0].seq <= seq) {
        if (!sent.some((event) => isSame(event, record.events[0]))) break;
        const event = record.events.shift();
        record.acknowledged = event.seq;
        if (record.base) keep(record, event);
        done.push(event);
      }
      const last = record.events[record.events.length - 1];
      return { done, contradicts: seq > (last ? last.seq : record.acknowledged) };
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

  /**
   * The exam is over with `acknowledged` events. What was acknowledged beyond, by a server that has gone back since,
   * waits again, marked as `isLost`: it is delivered for an appeal.
   */
  closedWith(acknowledged) {
    return this.store.update((record) => {
      if (!(acknowledged < record.acknowledged)) return;
      record.losses.push({ known: record.acknowledged, found: acknowledged, receipt: "" });
      const lost = record.kept.filter((event) => event.seq > acknowledged);
      record.kept = record.kept.filter((event) => event.seq <= acknowledged);
      record.events = [...lost.map((event) => ({ ...event, isLost: true })), ...record.events];
      record.acknowledged = acknowledged;
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

  /** The server has sealed the sitting under this receipt; resolves with the one that it gave before, or "". */
  sealed(receipt) {
    return this.store.update((record) => {
      const before = record.receipt;
      if (before && before !== receipt) {
        record.losses.push({ known: record.acknowledged, found: record.acknowledged, receipt: before });
      }
      record.receipt = receipt;
      return before;
    });
  }

  /** The office was told of this loss. */
  reported({ known, found, receipt }) {
    return this.store.update((record) => {
      const isNoted = (loss) => loss.known === known && loss.found === found && loss.receipt === receipt;
      record.losses = record.losses.filter((loss) => !isNoted(loss));
    });
  }
}
