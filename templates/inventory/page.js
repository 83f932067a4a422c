// The part of the page about a service, exchange or queue is what the panel shows of it.
function openPart(id, opener) {
  const part = document.getElementById(id);
  if (!part || !part.dataset.title) return;
  const copy = part.cloneNode(true);
  for (const each of copy.querySelectorAll("[id]")) each.removeAttribute("id");
  panel.show(id, part.dataset.title, copy.childNodes, opener);
}

function follow(event) {
  const link = event.target.closest("a[href^='#']");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  const [section, query] = link.getAttribute("href").slice(1).split("?");
  if (link.dataset.part) openPart(link.dataset.part, link);
  else if (query !== undefined) { panel.close(); findings.choose(new URLSearchParams(query)); view.go(section); }
  else view.go(section);
}

function look() {
  view.read();
  const part = view.params.get("part") || (document.getElementById(view.section)?.dataset.title ? view.section : "");
  findings.choose(view.params);
  if (part) openPart(part, null); else panel.close();
  if (view.section) view.go(view.section, false);
}

document.addEventListener("DOMContentLoaded", () => {
  theme.start();
  panel.start();
  picture.start();
  findings.start();
  document.addEventListener("click", follow);
  addEventListener("hashchange", look);
  watchSections();
  look();
});
