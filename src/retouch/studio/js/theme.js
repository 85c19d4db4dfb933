// Light or dark: the system's choice until the reader makes one. Loaded before the body, so that nothing flashes.
(() => {
  let chosen = null;
  try { chosen = localStorage.getItem("retouch-theme"); } catch { /* storage may be off */ }
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
})();
