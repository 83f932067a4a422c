// The picture of the topology: moved and zoomed by its viewBox, its nodes one stop for the keyboard.
const picture = {
  start() {
    picture.svg = document.getElementById("picture");
    if (!picture.svg) return;
    const [, , width, height] = picture.svg.getAttribute("viewBox").split(" ").map(Number);
    Object.assign(picture, { width, height, nodes: [...picture.svg.querySelectorAll(".node")] });
    picture.svg.setAttribute("aria-describedby", "picture-help");
    picture.nodes.forEach((node, at) => node.setAttribute("tabindex", at ? "-1" : "0"));
    picture.fit();
    picture.listen();
  },
  // How much of the picture is shown, keeping what is in the middle, or at a point given in its own measure.
  show(scale, x, y, at = { x: 0.5, y: 0.5 }) {
    const box = picture.svg.getBoundingClientRect();
    picture.scale = Math.min(Math.max(scale, 0.1), 4);
    const width = (box.width || picture.width) / picture.scale, height = (box.height || picture.height) / picture.scale;
    picture.x = picture.within(x - width * at.x, width, picture.width);
    picture.y = picture.within(y - height * at.y, height, picture.height);
    picture.svg.setAttribute("viewBox", [picture.x, picture.y, width, height].map((n) => n.toFixed(2)).join(" "));
    picture.shown = { width, height };
  },
  // Of a picture that fits, the middle is kept in the middle; else some of it stays in sight.
  within(start, shown, whole) {
    if (shown >= whole) return Math.min(Math.max(start, whole - shown), 0) === start ? start : (whole - shown) / 2;
    return Math.min(Math.max(start, -shown * 0.2), whole - shown * 0.8);
  },
  middle() { return { x: picture.x + picture.shown.width / 2, y: picture.y + picture.shown.height / 2 }; },
  // As large as fits, but no smaller than can be read: then from its left side on.
  fit() {
    const box = picture.svg.getBoundingClientRect();
    const scale = Math.min(box.width / picture.width, box.height / picture.height, 1.3);
    if (scale >= 0.55) picture.show(scale, picture.width / 2, picture.height / 2);
    else picture.show(0.7, 0, picture.height / 2, { x: 0, y: 0.5 });
  },
  zoom(factor, at = picture.middle(), where = { x: 0.5, y: 0.5 }) { picture.show(picture.scale * factor, at.x, at.y, where); },
  move(x, y) { const middle = picture.middle(); picture.show(picture.scale, middle.x + x, middle.y + y); },
  buttons: {
    in: () => picture.zoom(1.3), out: () => picture.zoom(1 / 1.3), fit: () => picture.fit(),
    full: () => { const middle = picture.middle(); picture.show(1, middle.x, middle.y); },
  },
  listen() {
    const { svg } = picture;
    for (const button of document.querySelectorAll("[data-zoom]")) button.addEventListener("click", picture.buttons[button.dataset.zoom]);
    svg.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const box = svg.getBoundingClientRect();
      const where = { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
      const at = { x: picture.x + where.x * picture.shown.width, y: picture.y + where.y * picture.shown.height };
      picture.zoom(Math.exp(-event.deltaY / 300), at, where);
    }, { passive: false });
    picture.drag();
    svg.addEventListener("keydown", picture.key);
    svg.addEventListener("focusin", (event) => picture.reach(event.target.closest(".node")));
    svg.addEventListener("pointerover", (event) => picture.light(event.target.closest(".node")));
    svg.addEventListener("pointerleave", () => picture.light(null));
    svg.addEventListener("focusout", () => picture.light(null));
    document.addEventListener("part", (event) => picture.choose(event.detail));
    let width = svg.clientWidth;
    new ResizeObserver(() => { if (svg.clientWidth !== width) { width = svg.clientWidth; picture.fit(); } }).observe(svg);
    let before = "";
    addEventListener("beforeprint", () => { before = svg.getAttribute("viewBox"); svg.setAttribute("viewBox", `0 0 ${picture.width} ${picture.height}`); });
    addEventListener("afterprint", () => svg.setAttribute("viewBox", before));
  },
  drag() {
    const { svg } = picture;
    let from = null, moved = false;
    svg.addEventListener("pointerdown", (event) => { if (event.button === 0) { from = { x: event.clientX, y: event.clientY }; moved = false; } });
    svg.addEventListener("pointermove", (event) => {
      if (!from) return;
      const x = event.clientX - from.x, y = event.clientY - from.y;
      if (!moved && Math.hypot(x, y) < 4) return;
      if (!moved) { moved = true; svg.setPointerCapture(event.pointerId); svg.classList.add("moving"); }
      picture.move(-x / picture.scale, -y / picture.scale);
      from = { x: event.clientX, y: event.clientY };
    });
    for (const end of ["pointerup", "pointercancel"]) svg.addEventListener(end, () => { from = null; svg.classList.remove("moving"); });
    svg.addEventListener("click", (event) => { if (moved) { event.preventDefault(); event.stopPropagation(); moved = false; } }, true);
    svg.addEventListener("dragstart", (event) => event.preventDefault());
  },
  key(event) {
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const way = ways[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (way && event.shiftKey) picture.move(way[0] * 80 / picture.scale, way[1] * 80 / picture.scale);
    else if (way) picture.next(event.target.closest(".node"), way)?.focus({ preventScroll: true });
    else if (event.key === "+" || event.key === "=") picture.zoom(1.3);
    else if (event.key === "-") picture.zoom(1 / 1.3);
    else if (event.key === "0") picture.fit();
    else if (event.key === " ") event.target.closest(".node")?.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
    else return;
    event.preventDefault();
  },
  // The nearest node in a direction; what lies aside counts as farther away.
  next(node, [right, down]) {
    if (!node) return picture.nodes[0];
    const place = (each) => ({ x: Number(each.dataset.x), y: Number(each.dataset.y) });
    const here = place(node);
    const far = (each) => {
      const x = place(each).x - here.x, y = place(each).y - here.y;
      const along = x * right + y * down, aside = Math.abs(x * down) + Math.abs(y * right);
      return along > 1 ? along + aside * (right ? 0.6 : 4) : Infinity;
    };
    const best = picture.nodes.reduce((found, each) => (far(each) < far(found) ? each : found), node);
    return best === node ? null : best;
  },
  // Bring a node that has the focus into sight, and make it the one that Tab comes back to.
  reach(node) {
    if (!node) return;
    for (const each of picture.nodes) each.setAttribute("tabindex", each === node ? "0" : "-1");
    picture.light(node);
    const x = Number(node.dataset.x), y = Number(node.dataset.y), { width, height } = picture.shown;
    const inside = x > picture.x + width * 0.08 && x < picture.x + width * 0.92 && y > picture.y + height * 0.06 && y < picture.y + height * 0.94;
    if (!inside) picture.show(picture.scale, x, y);
  },
  // What a node gets and gives is shown, the rest faint.
  light(node) {
    for (const each of picture.svg.querySelectorAll(".lit")) each.classList.remove("lit");
    picture.svg.classList.toggle("lit", Boolean(node));
    if (!node) return;
    const own = new Set(picture.nodes.filter((each) => each.dataset.part && each.dataset.part === node.dataset.part).map((each) => each.dataset.node)).add(node.dataset.node);
    const near = new Set(own);
    for (const way of picture.svg.querySelectorAll("[data-from]")) {
      if (!own.has(way.dataset.from) && !own.has(way.dataset.to)) continue;
      way.classList.add("lit");
      near.add(way.dataset.from).add(way.dataset.to);
    }
    for (const each of picture.nodes) if (near.has(each.dataset.node)) each.classList.add("lit");
  },
  choose(id) { for (const node of picture.nodes) node.classList.toggle("chosen", Boolean(id) && node.dataset.part === id); },
};
