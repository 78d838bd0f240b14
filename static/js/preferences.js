/* Loaded blocking in the head: the reading size and ground are on before the first paint. */
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  let kept = {};
  try {
    kept = JSON.parse(localStorage.getItem("kaofa-reading")) || {};
  } catch {
    /* Storage refused or damaged: the standard page is shown. */
  }
  root.dataset.size = kept.size === "large" ? "large" : "standard";
  root.dataset.ground = ["almond", "grass", "night"].includes(kept.ground) ? kept.ground : "paper";

  /* If the modules never come alive, the plain form must stay usable: show its buttons again. */
  addEventListener("load", () => {
    setTimeout(() => {
      if (document.querySelector("form[data-paper]") && !root.dataset.live) root.classList.remove("js");
    }, 4000);
  });
})();
