(function () {
  "use strict";

  function copy(text) {
    if (navigator.clipboard) {
      return navigator.clipboard.writeText(text);
    }
    const area = document.createElement("textarea");
    area.value = text;
    document.body.appendChild(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    return Promise.resolve();
  }

  document.querySelectorAll("button[data-copy]").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () {
      copy(button.closest(".way").querySelector("pre").textContent).then(function () {
        button.textContent = "copied";
        setTimeout(function () { button.textContent = "copy"; }, 1500);
      });
    });
  });

  // Numbers by value, the rest by text, rank4 before rank16; what is missing stays at the end.
  function compare(a, b, direction) {
    if (a === "" || b === "") {
      return (a === "") - (b === "");
    }
    const x = Number(a);
    const y = Number(b);
    const order = isNaN(x) || isNaN(y) ? a.localeCompare(b, undefined, { numeric: true }) : x - y;
    return direction * order;
  }

  function key(row, column) {
    const cell = row.cells[column];
    const value = cell.getAttribute("data-value");
    return value === null ? cell.textContent.trim() : value;
  }

  document.querySelectorAll("table[data-sortable]").forEach(function (table) {
    const heads = Array.prototype.slice.call(table.tHead.rows[0].cells);
    heads.forEach(function (head, column) {
      const button = head.querySelector("button");
      if (!button) {
        return;
      }
      button.disabled = false;
      button.addEventListener("click", function () {
        const ascending = head.getAttribute("aria-sort") !== "ascending";
        heads.forEach(function (other) { other.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
        const body = table.tBodies[0];
        Array.prototype.slice.call(body.rows)
          .sort(function (a, b) { return compare(key(a, column), key(b, column), ascending ? 1 : -1); })
          .forEach(function (row) { body.appendChild(row); });
      });
    });
  });

  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details").forEach(function (details) { details.open = true; });
  });
})();
