// What a mouse and a keyboard can do besides: everything here works without it.
"use strict";
(() => {
  const form = document.getElementById("upload");
  if (form) {
    const drop = document.getElementById("drop");
    const file = document.getElementById("file");
    const status = document.getElementById("status");
    const hasFile = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");
    document.addEventListener("dragover", (event) => {
      if (!hasFile(event)) return;
      event.preventDefault();
      drop.classList.add("over");
    });
    document.addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) drop.classList.remove("over");
    });
    document.addEventListener("drop", (event) => {
      if (!hasFile(event)) return;
      event.preventDefault();
      drop.classList.remove("over");
      file.files = event.dataTransfer.files;
      if (file.files.length === 1) form.requestSubmit();
    });
    form.addEventListener("submit", () => {
      status.textContent = form.dataset.busy;
      form.querySelector("button").disabled = true;
    });
    window.addEventListener("pageshow", () => {
      status.textContent = "";
      form.querySelector("button").disabled = false;
    });
  }

  // A click marks the whole of a value, ready to be copied.
  document.addEventListener("click", (event) => {
    const value = event.target.closest(".pick");
    if (value && getSelection().isCollapsed) getSelection().selectAllChildren(value);
  });

  // Keys: / goes to the search box; in lists j and k move, Enter opens.
  const links = [...document.querySelectorAll("a[data-row]")];
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select, textarea")) return;
    const at = links.indexOf(document.activeElement);
    const box = document.querySelector("[data-find]");
    if (event.key === "/" && box) box.select();
    else if (event.key === "j" && links.length) links[Math.min(at + 1, links.length - 1)].focus();
    else if (event.key === "k" && links.length) links[Math.max(at - 1, 0)].focus();
    else return;
    event.preventDefault();
  });
})();
