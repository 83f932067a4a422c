// Long lists: chosen by a form, shown a stretch at a time, so that many rows are as fast as few.
const STRETCH = 100;
const many = (count, one, several = one + "s") => count.toLocaleString("en") + " " + (count === 1 ? one : several);

// `text` is what is searched in a row, `inside` tells whether it is about a repository, `fits` whether it is of a kind.
class List {
  constructor(id, noun, rows, { text, inside, fits, sorts = {}, cells, total }) {
    Object.assign(this, { id, noun, rows, inside, fits, sorts, cells, total, found: rows, shown: 0 });
    this.texts = rows.map((row) => text(row).toLowerCase());
    this.form = document.getElementById(id + "-form");
    this.body = document.getElementById(id + "-list");
    this.button = document.getElementById(id + "-more");
    if (!rows.length) this.form.hidden = this.body.closest(".wide").hidden = true;
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("input", () => this.filter());
    this.form.addEventListener("reset", () => setTimeout(() => this.filter()));
    this.button.addEventListener("click", () => this.more(true));
  }
  fields() { return [...this.form.elements].filter((each) => each.name); }
  // Set the form as the address says.
  choose(params) {
    const before = JSON.stringify([...new FormData(this.form)]);
    for (const field of this.fields()) {
      field.value = params.get(this.id + "." + field.name) || "";
      if (field.selectedIndex === -1) field.value = "";
    }
    if (!this.shown || JSON.stringify([...new FormData(this.form)]) !== before) this.filter(false);
  }
  filter(isAsked = true) {
    const wanted = Object.fromEntries(new FormData(this.form));
    const words = wanted.q.toLowerCase().split(/\s+/).filter(Boolean);
    const isInside = names.matcher(wanted.repository);
    this.found = this.rows.filter((row, at) =>
      words.every((word) => this.texts[at].includes(word)) && (!isInside || this.inside(row, isInside)) && (!wanted.kind || this.fits(row, wanted.kind)));
    if (wanted.sort) this.found.sort(this.sorts[wanted.sort]);
    this.isChosen = Boolean(wanted.q || wanted.repository || wanted.kind);
    this.body.replaceChildren();
    this.shown = 0;
    this.more();
    for (const [name, value] of Object.entries(wanted)) { if (value) view.params.set(this.id + "." + name, value); else view.params.delete(this.id + "." + name); }
    if (isAsked) { view.section = this.id; view.write(); }
  }
  more(isAsked = false) {
    const first = this.shown, next = this.found.slice(first, first + STRETCH);
    this.body.append(...next.map((row) => element("tr", {}, ...this.cells(row))));
    this.shown += next.length;
    const rest = this.found.length - this.shown;
    this.button.hidden = !rest;
    this.button.textContent = `Show ${Math.min(rest, STRETCH)} more`;
    this.say(rest);
    if (isAsked && next.length) this.body.children[first].querySelector("a, [tabindex]")?.focus();
  }
  say(rest) {
    const told = document.getElementById(this.id + "-shown"), note = document.getElementById(this.id + "-note");
    const of = this.isChosen ? ` of ${this.rows.length.toLocaleString("en")}` : "";
    told.textContent = this.found.length
      ? many(this.found.length, ...this.noun) + of + (this.total ? ", " + this.total(this.found) : "") + "." + (rest ? ` The first ${this.shown.toLocaleString("en")} are shown.` : "")
      : this.rows.length ? "None is like that." : "There are none.";
    note.textContent = rest ? `${many(rest, ...this.noun)} more are in the page. Those that a filter leaves are printed.` : "";
  }
  // On paper the whole of what was chosen is shown, but never simply everything.
  print() { if (this.isChosen) while (this.shown < this.found.length) this.more(); }
}

// The names of repositories, as filters take them: one that is typed in full is meant alone, else all that have the text.
const names = {
  start(repositories) {
    names.all = new Set(repositories.map((each) => each.name));
    document.getElementById("names").append(...[...names.all].sort().map((name) => element("option", { value: name })));
  },
  matcher(text) {
    if (!text) return null;
    if (names.all.has(text)) return (name) => name === text;
    const part = text.toLowerCase();
    return (name) => name.toLowerCase().includes(part);
  },
};

const cell = {
  head(...content) { return element("th", { scope: "row" }, ...content); },
  text(is, ...content) { const made = element("td", {}, ...content); if (is) made.dataset.is = is + " "; return made; },
  long(is, ...content) { const made = cell.text(is, ...content); made.className = "long"; return made; },
  number(is, count) { const made = cell.text(is, count ? count.toLocaleString("en") : "–"); made.className = "n"; return made; },
  // Some of many things, with commas; `most` of them.
  some(things, make, most = 3) {
    if (!things.length) return [element("span", { className: "dim", textContent: "–" })];
    const shown = things.slice(0, most).flatMap((each, at) => (at ? [", ", make(each)] : [make(each)]));
    return things.length > most ? [...shown, " ", element("span", { className: "rest", textContent: `and ${(things.length - most).toLocaleString("en")} more` })] : shown;
  },
};
