/** The page's words: given by the server in the reader's language, with {places} to fill. */

const element = document.getElementById("words");
const words = element ? JSON.parse(element.textContent) : {};

export function word(name, values = {}) {
  return (words[name] ?? name).replace(/\{(\w+)\}/g, (place, key) => values[key] ?? place);
}

const SHANGHAI = 8 * 3600 * 1000;

/** An instant (epoch milliseconds) as the wall clock in Shanghai shows it, whatever this machine's zone. */
export function wallClock(instant) {
  return new Date(instant + SHANGHAI).toISOString().slice(11, 19);
}
