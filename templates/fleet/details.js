// The details of a repository or a queue, made of the data when they are opened.
const link = (kind, name, text = name) => {
  const made = element("a", { href: "#" + kind + ":" + encodeURIComponent(name), textContent: text });
  made.dataset.part = kind + ":" + encodeURIComponent(name);
  return made;
};
const code = (text) => element("code", { textContent: text });
const dim = (text) => element("span", { className: "dim", textContent: text });
const where = ([path, line]) => (path < 0 ? `and ${line.toLocaleString("en")} more` : fleet.texts[path] + ":" + line);
const place = (at) => element("span", { className: "place" }, code(where(at)));
const items = (things, make) => element("ul", { className: "plain" }, ...things.map((each) => element("li", {}, ...[make(each)].flat())));

// What stands in backquotes is code.
const prose = (text) => text.split("`").map((part, at, all) => (at % 2 && all.length % 2 ? code(part) : part));

class Facts {
  constructor() { this.list = element("dl", { className: "facts" }); }
  add(name, ...content) { this.list.append(element("dt", { textContent: name }), element("dd", {}, ...content)); }
}

const details = {
  MOST: 60,
  open(part, opener) {
    const at = part.indexOf(":"), kind = part.slice(0, at);
    let name;
    try { name = decodeURIComponent(part.slice(at + 1)); } catch { return; }
    const row = fleet.find(kind, name);
    if (!row) return;
    if (opener) history.pushState(null, "", location.href); // so that going back leads to what was open before
    panel.show(part, kind === "queue" ? `Queue ${name}` : name, [kind === "queue" ? details.queue(row) : details.repository(row)], opener);
  },
  repository(row) {
    const facts = new Facts();
    if (row.number) facts.add("Order", `${row.number.toLocaleString("en")} of ${fleet.moving.toLocaleString("en")}. `, row.reason);
    facts.add("From", code(row.source), row.revision ? " at " : "", row.revision ? code(row.revision) : "", element("br"), dim(`commit ${row.commit.slice(0, 12)}${row.committed ? " of " + row.committed : ""}; ${many(row.files, "file")}${row.unread ? ", " + row.unread.toLocaleString("en") + " not read in whole" : ""}`));
    facts.add("Work", row.work.length ? items(row.work, ([name, direct, indirect, effort, onNats]) => [
      element("b", { textContent: name }), element("br"),
      dim(`${many(direct, "own use")} and ${indirect.toLocaleString("en")} of wrappers left, ${many(effort, "point")}; ${onNats.toLocaleString("en")} on NATS`)]) : "no AMQP found");
    if (row.publishes.length) facts.add("Publishes to", ...cell.some(row.publishes, code, 20));
    details.queues(facts, "Its messages reach", row.fills, (each) => each.readers, "read by");
    details.queues(facts, "Consumes", row.reads, (each) => each.fillers, "filled by");
    if (row.waitsFor.length) facts.add("Waits for", ...cell.some(row.waitsFor, (each) => link("repository", each.name), 30));
    if (row.waitedForBy.length) facts.add("Waited for by", ...cell.some(row.waitedForBy, (each) => link("repository", each.name), 30));
    const loose = fleet.lists.loose.rows.filter((each) => each.repositories.includes(row.name));
    if (loose.length) facts.add("Loose ends", items(loose.slice(0, 20), (each) => [dim(fleet.KINDS[each.kind] + " "), each.queue < 0 ? each.name : link("queue", each.name)]), details.to("loose", row, loose.length, "loose end"));
    return facts.list;
  },
  queues(facts, title, queues, others, role) {
    if (!queues.size) return;
    const all = [...queues];
    facts.add(title, items(all.slice(0, details.MOST), (each) => [link("queue", each.name), " ", dim(role + " "), ...cell.some(others(each), (name) => link("repository", name))]),
      all.length > details.MOST ? dim(`and ${(all.length - details.MOST).toLocaleString("en")} more`) : "");
  },
  to(list, row, count, noun) {
    const query = new URLSearchParams({ [list + ".repository"]: row.name });
    return element("a", { className: "button", href: `#${list}?${query}`, textContent: `Show ${many(count, noun)} in the list` });
  },
  queue(row) {
    const facts = new Facts(), service = (at) => link("repository", fleet.repositoryOf(at), fleet.services[at]);
    const exchange = (at) => (fleet.texts[at] ? code(fleet.texts[at]) : "the default exchange"), withKey = (key) => (key ? [" with ", code(key)] : [" with the empty key"]);
    facts.add("Repositories", ...cell.some([...row.through], (name) => link("repository", name), 30));
    facts.add("Declared", row.declared.length ? items(row.declared, ([traits, places]) => [fleet.texts[traits] || "plain", ...places.map(place)]) : "nowhere in these repositories");
    if (row.bound.length) facts.add("Bound", items(row.bound.slice(0, details.MOST), ([name, key, places]) => ["to ", exchange(name), ...withKey(key), ...places.map(place)]));
    const sent = row.sent.slice(0, details.MOST).map((each) => [service(each.service), " through ", exchange(each.exchange), ...withKey(each.key),
      ...each.subjects.flatMap((subject) => [element("br"), dim("becomes "), code(subject)]), ...each.at.map(place)]);
    const dead = row.dead_of.map((at) => ["dead letters of ", link("queue", fleet.queues[at].name)]);
    facts.add("Filled by", sent.length || dead.length ? items([...sent, ...dead], (each) => each) : "nobody in these repositories");
    facts.add("Read by", row.read.length ? items(row.read, (each) => [service(each.service), ", " + fleet.texts[each.how], ...each.at.map(place)]) : "nobody in these repositories");
    facts.add("Dead letters", row.dead.length ? items(row.dead, ([name, key, ends]) => ["go to ", exchange(name), ...(key ? [" with ", code(key)] : []), "; they end in ", ...cell.some(ends, (at) => link("queue", fleet.queues[at].name))]) : "none");
    facts.add("On NATS", ...details.onNats(row));
    facts.add("What would be lost", row.gaps.length ? details.gaps(row) : "nothing that is known");
    return facts.list;
  },
  onNats(row) {
    const told = [];
    if (row.subject) told.push(["subject ", code(row.subject)]);
    for (const at of row.streams) told.push(["stream ", code(fleet.streams[at][0]), element("br"), dim(fleet.streams[at][1])]);
    for (const [name, takes] of row.consumers) told.push(["consumer ", code(name), element("br"), dim(takes)]);
    return told.length ? [items(told, (each) => each)] : ["no stream yet: its name is known at run time only, or nothing fills it"];
  },
  gaps(row) {
    const list = element("ul", { className: "gaps" });
    for (const [at, value] of row.gaps) {
      const gap = fleet.gaps[at];
      list.append(element("li", {}, element("span", { className: "tag fidelity-" + gap.fidelity, textContent: gap.word }), " ", element("strong", { textContent: gap.property }),
        value ? " " : "", value ? code(value) : "", gap.kept_by ? " – " + gap.kept_by : "", ". ", ...prose(gap.advice)));
    }
    return list;
  },
};
