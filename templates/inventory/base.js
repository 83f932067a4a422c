"use strict";
// What all pages have. They work without it. It is put in the head: theme and class are there before anything is drawn.
const root = document.documentElement;
root.classList.add("js");

const theme = {
  dark: matchMedia("(prefers-color-scheme: dark)"),
  stored() { try { return localStorage.getItem("natsscan-theme"); } catch { return null; } },
  store(name) { try { localStorage.setItem("natsscan-theme", name); } catch { /* no storage here; it is forgotten */ } },
  now() { return root.dataset.theme || (theme.dark.matches ? "dark" : "light"); },
  start() {
    const button = document.getElementById("theme");
    const show = () => { button.textContent = theme.now() === "dark" ? "Light" : "Dark"; button.setAttribute("aria-label", button.textContent + " colours"); };
    button.addEventListener("click", () => { root.dataset.theme = theme.now() === "dark" ? "light" : "dark"; theme.store(root.dataset.theme); show(); });
    theme.dark.addEventListener("change", show);
    show();
  },
};
const storedTheme = theme.stored();
if (storedTheme === "dark" || storedTheme === "light") root.dataset.theme = storedTheme;

// An element with text and children; text never becomes markup.
function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  Object.assign(made, properties);
  made.append(...children);
  return made;
}

// What is looked at, as the address has it: #section?part=queue-a&service=b
const view = {
  section: "", params: new URLSearchParams(),
  read() {
    const [section, query = ""] = location.hash.slice(1).split("?");
    view.section = document.getElementById(section) ? section : "";
    if (location.hash.includes("?")) view.params = new URLSearchParams(query);
  },
  set(name, value) {
    if (value) view.params.set(name, value); else view.params.delete(name);
    view.write();
  },
  write() {
    const query = view.params.toString();
    history.replaceState(null, "", "#" + view.section + (query ? "?" + query : ""));
  },
  go(section, focus = true) {
    const target = document.getElementById(section);
    if (!target) return;
    for (let outer = target.parentElement; outer; outer = outer.parentElement) if (outer.tagName === "DETAILS") outer.open = true;
    view.section = section;
    view.write();
    target.scrollIntoView();
    const heading = target.matches("section") ? target.querySelector("h1, h2") : target;
    if (focus && heading) heading.focus({ preventScroll: true });
  },
};

// The details of something, shown beside what it was chosen in.
const panel = {
  opener: null,
  start() {
    panel.box = document.getElementById("panel");
    document.getElementById("panel-close").addEventListener("click", panel.close);
    document.addEventListener("keydown", (event) => { if (event.key === "Escape" && !panel.box.hidden) panel.close(); });
  },
  show(id, title, content, opener) {
    document.getElementById("panel-body").replaceChildren(...content);
    const heading = document.getElementById("panel-title");
    heading.textContent = title;
    if (panel.box.hidden && opener) panel.opener = opener;
    panel.set(true);
    panel.box.scrollTop = 0;
    view.set("part", id);
    document.dispatchEvent(new CustomEvent("part", { detail: id }));
    heading.focus({ preventScroll: true });
  },
  // Show or hide it. The page beside it gets narrower or wider; what it was opened from stays where it is.
  set(isOpen) {
    const top = () => (panel.opener ? panel.opener.closest(".picture-frame, tr, li, div").getBoundingClientRect().top : 0);
    const before = top();
    panel.box.hidden = !isOpen;
    document.body.classList.toggle("has-panel", isOpen);
    scrollBy({ top: top() - before, behavior: "instant" });
  },
  close() {
    if (panel.box.hidden) return;
    panel.set(false);
    view.set("part", "");
    document.dispatchEvent(new CustomEvent("part", { detail: "" }));
    if (panel.opener && panel.opener.isConnected) panel.opener.focus({ preventScroll: true });
    panel.opener = null;
  },
};

function watchSections() {
  const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
  const seen = new Set();
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) seen.add(entry.target.id); else seen.delete(entry.target.id);
    const first = [...links.keys()].find((id) => seen.has(id));
    for (const [id, link] of links) if (id === first) link.setAttribute("aria-current", "true"); else link.removeAttribute("aria-current");
  }, { rootMargin: "-10% 0px -60% 0px" });
  for (const id of links.keys()) watcher.observe(document.getElementById(id));
}
