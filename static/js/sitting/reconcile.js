/**
 * How what this browser knows of a sitting and what the server's journal says come together again.
 *
 * The browser knows `base`, the answers after event `base.seq`, and every event since: first those acknowledged
 * (`kept`), then those that wait (`events`), numbered without gaps. A server that was restored, or whose standby
 * took over, may know fewer events than it acknowledged; another page of the candidate may have added some.
 */

export function sameChoice(one, other) {
  return one.length === other.length && one.every((part, index) => part === other[index]);
}

export function numberFrom(events, acknowledged) {
  events.forEach((event, index) => {
    event.seq = acknowledged + 1 + index;
  });
}

/** The answers after some events: position → choice. */
export function replayed(base, events) {
  const sheet = new Map(base.answers);
  for (const { position, choice } of events) sheet.set(position, choice);
  return sheet;
}

function differing(one, other) {
  const positions = new Set([...one.keys(), ...other.keys()]);
  return [...positions].filter((at) => !sameChoice(one.get(at) || [], other.get(at) || []));
}

/** Each position that events changed: its answers one after the other, the one before them first. */
function chainsOf(events, before) {
  const chains = new Map();
  for (const event of events) {
    if (!chains.has(event.position)) chains.set(event.position, [before(event)]);
    chains.get(event.position).push(event.choice);
  }
  return chains;
}

/**
 * What is still to be said of the chains' last answers, given the server's.
 *
 * Where the server's answer is one that `isOlder` than ours, ours follows it. Where it is another, it was given
 * later on another page, and stays.
 */
function settle(chains, answers, isOlder) {
  const said = [];
  const superseded = [];
  for (const [position, chain] of chains) {
    const server = answers.get(position) || [];
    const choice = chain[chain.length - 1];
    if (sameChoice(server, choice)) continue;
    if (isOlder(server, chain)) said.push({ position, choice, before: server });
    else superseded.push(position);
  }
  return { said, superseded };
}

const isIn = (server, chain) => chain.some((choice) => sameChoice(server, choice));

/** The server forgot: each of our answers is said again, unless the server has one that we never knew. */
function settleForgotten(record, { lastSeq, answers }) {
  const { base, kept, events } = record;
  const sheet = new Map(base.answers);
  const chains = new Map(base.answers.map(([position, choice]) => [position, [choice]]));
  for (const [position, chain] of chainsOf([...kept, ...events], ({ position: at }) => sheet.get(at) || [])) {
    chains.set(position, chain);
  }
  // Before `base` the server may have any answer of which this browser never heard: an older one.
  const isOlder = (server, chain) => lastSeq < base.seq || !server.length || isIn(server, chain);
  return settle(chains, answers, isOlder);
}

/**
 * Bring the record in line with the server: its last sequence number, and its answers by position.
 *
 * `asksForText` tells whether a position is answered in words. Returns whether the server `wentBack` behind what
 * it had acknowledged, and the positions whose answers were `superseded` on another page.
 */
export function reconcile(record, { lastSeq, answers }, asksForText) {
  const { base, kept, events, acknowledged } = record;
  if (base) {
    const mine = [...kept, ...events];
    const through = mine.filter((event) => event.seq <= lastSeq);
    const isWhole = lastSeq >= base.seq && through.length === lastSeq - base.seq;
    if (isWhole && !differing(replayed(base, through), answers).length) {
      record.kept = through;
      record.events = mine.slice(through.length);
      record.acknowledged = lastSeq;
      return { wentBack: lastSeq < acknowledged, superseded: [] };
    }
  }
  // So many events as others have added change so many answers at most. Where more differ, some were forgotten.
  const wentBack = base !== null && differing(replayed(base, kept), answers).length > lastSeq - acknowledged;
  const { said, superseded } = wentBack
    ? settleForgotten(record, { lastSeq, answers })
    : settle(chainsOf(events, ({ before }) => before), answers, isIn);
  record.events = said.map((event) => ({ ...event, isText: asksForText(event.position) }));
  numberFrom(record.events, lastSeq);
  record.base = { seq: lastSeq, answers: [...answers] };
  record.kept = [];
  record.acknowledged = lastSeq;
  return { wentBack, superseded };
}
