// The board renews itself from its own address. What has the focus keeps it, and a failure says so.

const region = document.querySelector("[data-refresh]");
const stale = document.getElementById("watch-stale");

async function renew() {
  if (document.hidden) {
    return;
  }
  try {
    const response = await fetch(location.href, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.querySelector("[data-refresh]");
    if (!response.ok || !fresh) {
      throw new Error("no board");
    }
    const focused = region.contains(document.activeElement) ? document.activeElement : null;
    const href = focused?.getAttribute("href");
    const scrolled = region.querySelector(".table-wrap")?.scrollLeft ?? 0;
    region.replaceChildren(...fresh.childNodes);
    const wrap = region.querySelector(".table-wrap");
    if (wrap) {
      wrap.scrollLeft = scrolled;
    }
    if (focused) {
      const again = focused.id
        ? document.getElementById(focused.id)
        : region.querySelector(href ? `a[href="${CSS.escape(href)}"]` : ".table-wrap");
      again?.focus({ preventScroll: true });
    }
    stale.hidden = true;
  } catch {
    stale.hidden = false;
  }
}

if (region) {
  setInterval(renew, 1000 * Number(region.dataset.refresh));
  document.addEventListener("visibilitychange", renew);
}
