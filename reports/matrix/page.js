"use strict";
(() => {
  // Opened from a disk, the Allure report cannot load its parts: there its single-file form takes its place.
  if (location.protocol === "file:") {
    for (const link of document.querySelectorAll("a[data-offline]")) link.setAttribute("href", link.dataset.offline);
  }
  const form = document.getElementById("filter");
  const fields = ["text", "subject", "reader", "source", "outcome"];

  function apply() {
    const want = Object.fromEntries(fields.map((name) => [name, form.elements[name].value]));
    const text = want.text.trim().toLowerCase();
    for (const column of document.querySelectorAll(".matrix [data-reader]")) {
      column.hidden = want.reader !== "" && column.dataset.reader !== want.reader;
    }
    let shown = 0;
    for (const body of document.querySelectorAll(".matrix tbody")) {
      const inSubject = want.subject === "" || body.dataset.subject === want.subject;
      let left = 0;
      for (const row of body.querySelectorAll(".behaviour")) {
        let matches = false;
        for (const chip of row.querySelectorAll("td:not([hidden]) [data-outcome]")) {
          const fits = (want.source === "" || chip.dataset.source === want.source) &&
            (want.outcome === "" || chip.dataset.outcome === want.outcome);
          chip.hidden = !fits;
          matches = matches || fits;
        }
        const named = row.querySelector("th").textContent.toLowerCase().includes(text);
        row.hidden = !(inSubject && named && matches);
        left += row.hidden ? 0 : 1;
      }
      body.hidden = left === 0;
      shown += left;
    }
    form.elements.shown.value = `${shown} of ${document.querySelectorAll(".behaviour").length} behaviours`;
  }

  function remember() {
    const chosen = new URLSearchParams(fields.map((name) => [name, form.elements[name].value]).filter(([, v]) => v));
    history.replaceState(null, "", chosen.size ? `#?${chosen}` : location.pathname + location.search);
  }

  function recall() {
    if (location.hash.startsWith("#?")) {
      const chosen = new URLSearchParams(location.hash.slice(2));
      for (const name of fields) form.elements[name].value = chosen.get(name) ?? "";
    }
    apply();
  }

  form.addEventListener("input", () => { apply(); remember(); });
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", recall);
  recall();
})();
