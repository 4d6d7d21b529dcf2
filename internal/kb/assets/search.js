// Shows the pages that hold every word typed. Without this script the list shows them all.
(function () {
  "use strict";
  const form = document.getElementById("search");
  const input = document.getElementById("words");
  const hits = document.getElementById("hits");
  const items = Array.from(document.querySelectorAll("#rules > li"));

  function search() {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const item of items) {
      item.hidden = !words.every((word) => item.dataset.search.includes(word));
      if (!item.hidden) shown++;
    }
    hits.textContent = words.length ? shown + " of " + items.length + " pages" : "";
  }

  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  input.addEventListener("input", search);
  search();
})();
