// The findings: chosen by the form, shown a stretch at a time, so that many of them are as fast as few.
const findings = {
  STRETCH: 100,
  start() {
    const data = JSON.parse(document.getElementById("data").textContent);
    findings.patches = data.patches;
    findings.all = data.findings.map((row) => {
      const finding = Object.fromEntries(data.fields.map((name, at) => [name, row[at]]));
      finding.text = [finding.path + ":" + finding.line, finding.code, finding.message, finding.symbol, finding.definition, finding.rule].join("\n").toLowerCase();
      return finding;
    });
    findings.form = document.getElementById("filters");
    findings.list = document.getElementById("list");
    findings.form.addEventListener("submit", (event) => event.preventDefault());
    findings.form.addEventListener("input", () => findings.filter());
    findings.form.addEventListener("reset", () => setTimeout(() => findings.filter()));
    document.getElementById("more").addEventListener("click", findings.more);
  },
  names() { return [...findings.form.elements].map((each) => each.name).filter(Boolean); },
  // Set the form as the address says.
  choose(params) {
    for (const name of findings.names()) {
      const field = findings.form.elements[name];
      field.value = params.get(name) || "";
      if (field.selectedIndex === -1) field.value = "";
    }
    findings.filter();
  },
  filter() {
    const wanted = Object.fromEntries(new FormData(findings.form));
    const words = wanted.q.toLowerCase().split(/\s+/).filter(Boolean);
    findings.found = findings.all.filter((each) =>
      (!wanted.service || each.service === wanted.service) && (!wanted.severity || each.severity === wanted.severity) &&
      (!wanted.category || each.category === wanted.category) && (!wanted.operation || each.operation === wanted.operation) &&
      findings.fits(each, wanted.stage, wanted.patch) && words.every((word) => each.text.includes(word)));
    findings.list.replaceChildren();
    findings.shown = 0;
    findings.path = null;
    findings.more();
    for (const name of findings.names()) { if (wanted[name]) view.params.set(name, wanted[name]); else view.params.delete(name); }
    if (view.section || view.params.size) { view.section ||= "findings"; view.write(); }
    findings.note(Object.values(wanted).some(Boolean));
  },
  fits(finding, stage, way) {
    if (!stage && !way) return true;
    const patches = finding.patches.map((at) => findings.patches[at]);
    if (way === "none") return !patches.length && !stage;
    return patches.some((patch) => (!stage || patch.stage === stage) && (!way || patch.how === way));
  },
  more() {
    const next = findings.found.slice(findings.shown, findings.shown + findings.STRETCH);
    const first = findings.shown;
    for (const finding of next) {
      if (finding.path !== findings.path) {
        findings.path = finding.path;
        findings.items = element("ol");
        findings.list.append(element("h3", {}, finding.path + " ", element("span", { textContent: finding.service })), findings.items);
      }
      findings.items.append(findings.item(finding));
    }
    findings.shown += next.length;
    const rest = findings.found.length - findings.shown, button = document.getElementById("more");
    button.hidden = !rest;
    button.textContent = `Show ${Math.min(rest, findings.STRETCH)} more`;
    const points = findings.found.reduce((sum, each) => sum + each.effort, 0);
    const number = (count) => count.toLocaleString("en");
    document.getElementById("shown").textContent = findings.found.length
      ? `${number(findings.found.length)} of ${number(findings.all.length)} findings, ${number(points)} points.` + (rest ? ` The first ${number(findings.shown)} are shown.` : "")
      : "No finding is like that.";
    if (first && next.length) findings.list.querySelectorAll("li")[first].querySelector("summary").focus();
  },
  item(finding) {
    const details = element("details", {}, element("summary", { textContent: "More" }));
    details.addEventListener("toggle", () => { if (details.open && details.children.length === 1) details.append(findings.facts(finding)); });
    return element("li", { className: "finding" },
      element("div", { className: "head" },
        element("span", { className: "tag severity-" + finding.severity, textContent: finding.severity }),
        element("b", { textContent: finding.operation }),
        element("code", { className: "dim", textContent: finding.path.split("/").pop() + ":" + finding.line }),
        element("span", { className: "dim", textContent: finding.effort + (finding.effort === 1 ? " point" : " points") }),
        ...findings.ways(finding).map((way) => element("span", { className: "dim", textContent: way }))),
      element("code", { className: "line", textContent: finding.code || " " }),
      element("p", { textContent: finding.message }),
      details);
  },
  WAYS: { safe: "safe patch", unsafe: "patch to read first", manual: "by hand" },
  ways(finding) { return [...new Set(finding.patches.map((at) => findings.WAYS[findings.patches[at].how]))]; },
  facts(finding) {
    const facts = element("dl", { className: "facts" });
    const add = (name, ...content) => facts.append(element("dt", { textContent: name }), element("dd", {}, ...content));
    add("Rule", element("code", { textContent: finding.rule }), " natsscan explain " + finding.rule);
    add("Category", finding.category);
    add("Name", element("code", { textContent: finding.symbol }));
    if (finding.definition) add("In", element("code", { textContent: finding.definition }));
    for (const patch of finding.patches.map((at) => findings.patches[at])) {
      const what = patch.id ? element("a", { href: "#" + patch.id, textContent: patch.text }) : patch.text;
      add(`In stage ${patch.stage}`, findings.WAYS[patch.how] + ": ", what);
    }
    return facts;
  },
  // On paper the whole of what was chosen is shown, but never simply everything.
  note(isChosen) {
    findings.isChosen = isChosen;
    document.getElementById("print-note").textContent = isChosen
      ? "" : `${findings.all.length.toLocaleString("en")} findings are in the page. Those that a filter leaves are printed.`;
  },
  print() {
    if (findings.isChosen) while (findings.shown < findings.found.length) findings.more();
    else findings.list.hidden = true;
  },
};
addEventListener("beforeprint", () => findings.print());
addEventListener("afterprint", () => { findings.list.hidden = false; });
