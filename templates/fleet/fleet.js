// What the page knows: the rows of the data, tied to each other, and the lists that show them.
const fleet = {
  KINDS: { unread: "consumed in no repository", unfed: "filled from no repository", unbound: "nothing is bound to it", alike: "looks like a slip", conflict: "declared differently" },
  start() {
    const data = JSON.parse(document.getElementById("data").textContent);
    const rows = (name, list) => list.map((row) => Object.fromEntries(data.fields[name].map((field, at) => [field, row[at]])));
    Object.assign(fleet, { services: data.services, texts: data.texts, streams: data.streams, gaps: rows("gaps", data.gaps), repositories: rows("repositories", data.repositories), queues: rows("queues", data.queues) });
    fleet.owners = data.services.map((name) => name.split("/")[0]);
    fleet.byName = { repository: new Map(fleet.repositories.map((each) => [each.name, each])), queue: new Map(fleet.queues.map((each) => [each.name, each])) };
    fleet.flows = rows("flows", data.flows);
    fleet.tie(rows);
    names.start(fleet.repositories);
    fleet.lists = {
      repositories: fleet.listRepositories(), queues: fleet.listQueues(),
      flows: fleet.listFlows(fleet.flows), loose: fleet.listLoose(rows("loose", data.loose)),
    };
  },
  // What each repository fills and reads follows from its queues, and from flows, which also know of libraries and dead letters.
  tie(rows) {
    for (const each of fleet.repositories) {
      each.fills = new Set();
      each.reads = new Set();
      each.waitsFor = each.waits_for.map((at) => fleet.repositories[at]);
      each.waitedForBy = each.waited_for_by.map((at) => fleet.repositories[at]);
    }
    fleet.moving = fleet.repositories.filter((each) => each.number).length;
    for (const queue of fleet.queues) {
      queue.sent = rows("sent", queue.sent);
      queue.read = rows("read", queue.read);
      queue.fillers = [...new Set(queue.sent.map((each) => fleet.owners[each.service]))];
      queue.readers = [...new Set(queue.read.map((each) => fleet.owners[each.service]))];
      for (const name of queue.fillers) fleet.byName.repository.get(name)?.fills.add(queue);
      for (const name of queue.readers) fleet.byName.repository.get(name)?.reads.add(queue);
      queue.lost = queue.gaps.filter(([at]) => fleet.gaps[at].fidelity === "none").length;
      queue.through = new Set([...queue.fillers, ...queue.readers]);
    }
    for (const flow of fleet.flows.filter((each) => each.at >= 0)) {
      const queue = fleet.queues[flow.at], [from, to] = [fleet.owners[flow.publisher], fleet.owners[flow.consumer]];
      queue.isCrossing = true;
      queue.through.add(from).add(to);
      fleet.byName.repository.get(from)?.fills.add(queue);
      fleet.byName.repository.get(to)?.reads.add(queue);
    }
  },
  find(kind, name) { return fleet.byName[kind]?.get(name); },
  // How many places there are, also of those that the data only counts.
  places(row) { return row.at.reduce((sum, [path, line]) => sum + (path < 0 ? line : 1), 0); },
  repositoryOf(service) { return fleet.owners[service]; },
  listRepositories() {
    const kinds = { left: (row) => row.left, done: (row) => !row.left && row.on_nats, none: (row) => !row.left && !row.on_nats && !row.number };
    return new List("repositories", ["repository", "repositories"], fleet.repositories, {
      text: (row) => [row.name, row.source, ...row.publishes, ...row.work.map(([name]) => name)].join("\n"),
      inside: (row, is) => is(row.name),
      fits: (row, kind) => kinds[kind](row),
      sorts: { effort: (a, b) => b.effort - a.effort, name: (a, b) => (a.name < b.name ? -1 : 1) },
      total: (found) => many(found.reduce((sum, each) => sum + each.effort, 0), "point") + " left",
      cells: (row) => [
        cell.number("Order", row.number), cell.head(link("repository", row.name)), cell.number("left", row.left), cell.number("effort", row.effort),
        cell.number("on NATS", row.on_nats), cell.number("consumes", row.consumes), cell.number("publishes", row.publishes.length),
        cell.long("waits for", ...cell.some(row.waitsFor, (each) => link("repository", each.name))),
      ],
    });
  },
  listQueues() {
    const kinds = { crossing: (row) => row.isCrossing, unread: (row) => !row.read.length, unfed: (row) => !row.sent.length && !row.dead_of.length };
    return new List("queues", ["queue"], fleet.queues, {
      text: (row) => [row.name, row.subject, ...row.bound.flatMap(([exchange, key]) => [fleet.texts[exchange], key]),
        ...[...row.sent, ...row.read].flatMap((each) => [fleet.services[each.service], ...each.at.map(where)]), ...row.sent.flatMap((each) => [fleet.texts[each.exchange], each.key]),
        ...row.declared.flatMap(([, at]) => at.map(where)), ...row.streams.map((at) => fleet.streams[at][0]), ...row.consumers.map(([name]) => name)].join("\n"),
      inside: (row, is) => [...row.through].some(is),
      fits: (row, kind) => kinds[kind](row),
      sorts: { lost: (a, b) => b.lost - a.lost || b.gaps.length - a.gaps.length, busy: (a, b) => b.through.size - a.through.size },
      cells: (row) => {
        const filled = row.fillers.length || !row.dead_of.length ? cell.some(row.fillers, (name) => link("repository", name)) : [dim("dead letters")];
        return [
          cell.head(link("queue", row.name)), cell.text("Filled by", ...filled), cell.text("Read by", ...cell.some(row.readers, (name) => link("repository", name))),
          cell.text("Stream", ...cell.some(row.streams, (at) => code(fleet.streams[at][0]))), cell.number("lost", row.lost), cell.number("changed", row.gaps.length - row.lost),
        ];
      },
    });
  },
  listFlows(rows) {
    const service = (at) => link("repository", fleet.repositoryOf(at), fleet.services[at]);
    return new List("flows", ["flow"], rows, {
      text: (row) => [fleet.services[row.publisher], row.queue, fleet.services[row.consumer]].join("\n"),
      inside: (row, is) => is(fleet.owners[row.publisher]) || is(fleet.owners[row.consumer]),
      fits: (row, kind) => row.dead === (kind === "dead"),
      cells: (row) => [
        cell.text("From", service(row.publisher)), cell.text("through", row.at < 0 ? row.queue : link("queue", fleet.queues[row.at].name)),
        cell.text("to", service(row.consumer)), cell.text("", row.dead ? "dead letters" : ""),
      ],
    });
  },
  listLoose(rows) {
    const service = (at) => link("repository", fleet.repositoryOf(at), fleet.services[at]);
    return new List("loose", ["loose end"], rows, {
      text: (row) => [fleet.KINDS[row.kind], row.name, row.text, ...row.services.map((at) => fleet.services[at]), ...row.at.map(where)].join("\n"),
      inside: (row, is) => row.repositories.some(is),
      fits: (row, kind) => row.kind === kind,
      cells: (row) => [
        cell.text("", fleet.KINDS[row.kind]), cell.head(row.queue < 0 ? row.name : link("queue", fleet.queues[row.queue].name, row.name)),
        cell.long("", row.text, " ", ...(row.services.length ? cell.some(row.services, service) : [])), cell.long("", ...(row.at.length > 2 ? [place(row.at[0]), dim(`and ${(fleet.places(row) - 1).toLocaleString("en")} more`)] : row.at.map(place))),
      ],
    });
  },
};

function follow(event) {
  const chosen = event.target.closest("a[href^='#']");
  if (!chosen || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  const [section, query] = chosen.getAttribute("href").slice(1).split("?");
  if (chosen.dataset.part) details.open(chosen.dataset.part, chosen);
  else if (query !== undefined) { panel.close(); fleet.lists[section].choose(new URLSearchParams(query)); view.go(section); }
  else view.go(section);
}

// Show what the address says; what is there already stays as it is, and where it is.
function look() {
  const before = view.section, [address, query] = location.hash.slice(1).split("?");
  view.read();
  view.params = new URLSearchParams(query || "");
  const part = /^(repository|queue):/.test(address) ? address : view.params.get("part") || "";
  for (const list of Object.values(fleet.lists)) list.choose(view.params);
  if (part) details.open(part, null); else panel.close();
  if (view.section && view.section !== before) view.go(view.section, false);
}

document.addEventListener("DOMContentLoaded", () => {
  theme.start();
  panel.start();
  picture.start();
  fleet.start();
  document.addEventListener("click", follow);
  addEventListener("hashchange", look);
  addEventListener("beforeprint", () => { for (const list of Object.values(fleet.lists)) list.print(); });
  watchSections();
  look();
});
