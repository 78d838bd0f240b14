/**
 * A job at work (an import, an export, an issue of accounts): asks how far it is, and shows the page anew when
 * there is something to see.
 */

const ASK_EVERY = 1000;
const area = document.querySelector("[data-import-progress]");
const bar = area.querySelector("progress");
const figures = area.querySelector(".figures");
const label = area.querySelector("[data-import-words]");
const readWords = figures.textContent;

async function ask() {
  try {
    const answer = await fetch(area.dataset.importProgress, {
      credentials: "same-origin",
      cache: "no-store",
      headers: { Accept: "application/json" },
    });
    if (!answer.ok) throw new Error(String(answer.status));
    const { words, share, read, at_work: atWork } = await answer.json();
    if (!atWork) {
      location.reload();
      return;
    }
    label.textContent = words;
    bar.value = share * bar.max;
    figures.textContent = readWords.replace(/\d+/, read);
  } catch {
    /* The connection is gone for a while; the import goes on without us. */
  }
  setTimeout(ask, ASK_EVERY);
}

setTimeout(ask, ASK_EVERY);
