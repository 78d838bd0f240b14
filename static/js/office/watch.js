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
    const focused = region.contains(document.activeElement) ? document.activeElement.id : "";
    region.replaceChildren(...fresh.childNodes);
    document.getElementById(focused)?.focus({ preventScroll: true });
    stale.hidden = true;
  } catch {
    stale.hidden = false;
  }
}

// Between two renewals the room's clock goes on from the server's time, whatever this computer's clock says.
let shown = null;
let since = 0;

function tick() {
  const clock = region.querySelector("[data-clock]");
  if (!clock) {
    return;
  }
  if (clock.dataset.clock !== shown) {
    shown = clock.dataset.clock;
    since = performance.now();
  }
  const at = new Date(1000 * Number(shown) + performance.now() - since);
  clock.textContent = at.toLocaleTimeString("zh-CN", { timeZone: "Asia/Shanghai", hour12: false });
}

if (region) {
  setInterval(tick, 1000);
  setInterval(renew, 1000 * Number(region.dataset.refresh));
  document.addEventListener("visibilitychange", renew);
}
