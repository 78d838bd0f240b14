/**
 * One record per sitting, changed atomically: in IndexedDB, else in localStorage, else in this page's memory.
 *
 * `update(change)` reads the record, lets the synchronous `change` alter it, writes it back, and resolves with
 * what `change` returned once the write is durable. Tabs of one browser see the same record.
 */

const DATABASE = "kaofa-outbox";
const SHELF = "sittings";
const OPENING_LIMIT = 3000;
const KEEP_DAYS = 14;

/**
 * `base`: the answers after event `base.seq`, null until the server was met; `kept` the acknowledged events since;
 * `events` those that wait; `refused` what came too late; `losses` what the server forgot, still to be reported;
 * `paper` tells which paper it is about; `receipt` is that of the hand-in.
 */
function blank() {
  return {
    acknowledged: 0,
    base: null,
    kept: [],
    events: [],
    refused: [],
    losses: [],
    paper: null,
    receipt: "",
    touched: Date.now(),
  };
}

/** A stored record; an older page wrote fewer parts of it. */
function filled(record) {
  return { ...blank(), ...record };
}

function openDatabase() {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("slow")), OPENING_LIMIT);
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(SHELF);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("blocked"));
    request.onsuccess = () => {
      clearTimeout(timer);
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
  });
}

class DatabaseShelf {
  kind = "durable";

  constructor(database, sitting) {
    this.database = database;
    this.sitting = sitting;
  }

  update(change) {
    return new Promise((resolve, reject) => {
      // Strict: the answer must be on the disk, not in a buffer, when the plug is pulled.
      const transaction = this.database.transaction(SHELF, "readwrite", { durability: "strict" });
      const shelf = transaction.objectStore(SHELF);
      let outcome;
      shelf.get(this.sitting).onsuccess = (event) => {
        const record = filled(event.target.result);
        outcome = change(record);
        record.touched = Date.now();
        shelf.put(record, this.sitting);
      };
      transaction.oncomplete = () => resolve(outcome);
      transaction.onerror = () => reject(transaction.error);
      transaction.onabort = () => reject(transaction.error || new Error("aborted"));
    });
  }

  /** Forget records of sittings long past: an exam room's machine has many users. */
  tidy() {
    const oldest = Date.now() - KEEP_DAYS * 86400000;
    const shelf = this.database.transaction(SHELF, "readwrite").objectStore(SHELF);
    shelf.openCursor().onsuccess = (event) => {
      const cursor = event.target.result;
      if (!cursor) return;
      if (cursor.key !== this.sitting && cursor.value.touched < oldest) cursor.delete();
      cursor.continue();
    };
  }
}

class LocalShelf {
  kind = "durable";

  constructor(sitting) {
    this.key = `${DATABASE}-${sitting}`;
    localStorage.setItem(`${DATABASE}-probe`, "1");
    localStorage.removeItem(`${DATABASE}-probe`);
  }

  async update(change) {
    const record = filled(JSON.parse(localStorage.getItem(this.key)));
    const outcome = change(record);
    record.touched = Date.now();
    localStorage.setItem(this.key, JSON.stringify(record));
    return outcome;
  }
}

class MemoryShelf {
  kind = "memory";

  constructor(record) {
    this.record = record;
  }

  async update(change) {
    return change(this.record);
  }
}

async function bestShelf(sitting) {
  try {
    const shelf = new DatabaseShelf(await openDatabase(), sitting);
    shelf.tidy();
    return shelf;
  } catch {
    /* Private windows and damaged profiles refuse IndexedDB. */
  }
  try {
    return new LocalShelf(sitting);
  } catch {
    return new MemoryShelf(blank());
  }
}

export async function openStore(sitting) {
  let shelf = await bestShelf(sitting);
  let known = blank();
  return {
    get kind() {
      return shelf.kind;
    },
    async update(change) {
      const remembering = (record) => {
        const outcome = change(record);
        known = structuredCopy(record);
        return outcome;
      };
      const before = known;
      try {
        return await shelf.update(remembering);
      } catch {
        // A full disk or a lost database: go on from what this page knows.
        shelf = new MemoryShelf(structuredCopy(before));
        return shelf.update(remembering);
      }
    },
  };
}

function structuredCopy(record) {
  return JSON.parse(JSON.stringify(record));
}
