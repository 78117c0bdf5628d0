// The searches as a list of which only the part in view is made.
const form = $("filters");
const feed = $("lists");
const AROUND = 900; // pixels above and below the view that are made, too

function picture(image, words) {
  const frame = make("button", "frame");
  frame.type = "button";
  frame.title = pathOf(image);
  const src = source(image);
  if (src) {
    const img = make("img");
    img.src = src;
    img.alt = `${words}: ${pathOf(image)}`;
    img.decoding = "async";
    frame.append(img);
  } else {
    frame.classList.add("named");
    frame.append(make("span", "name", pathOf(image)));
    frame.setAttribute("aria-label", `${words}: ${pathOf(image)}`);
  }
  return frame;
}

function shot(one, open, tag = "li") {
  const [style, sign, word] = KINDS[one.kind];
  const mark = make("span", "mark", sign);
  mark.setAttribute("aria-hidden", "true");
  const spoken = make("span", "hidden", one.rank ? `${word}, rank ` : "");
  const verdict = make("span", "verdict", mark, " ", spoken, one.rank ? String(one.rank) : word);
  const frame = picture(one.image, word);
  frame.addEventListener("click", open);
  return make(
    tag, `shot ${style}`, frame, verdict, make("span", "place", cameraName(cameraOf(one.image))),
    make("span", "more", `${personName(personOf(one.image))}, distance ${one.distance}`),
    make("span", "more name", pathOf(one.image)),
  );
}

function ranking(search, system) {
  const [ap, first, matches] = search[system];
  const images = listed(search[system]);
  const title = make("h4", "");
  if (isPair) title.append(make("span", `who ${"ab"[system - 1]}`, "AB"[system - 1]), " ");
  title.append(`AP ${percent(ap)} · first right at rank ${first} · ${matches} right in all`);
  const row = make("div", "row");
  const next = images.find((one) => one.isNext);
  if (next) {
    const pinned = shot(next, () => openLarge(search, system, images.indexOf(next)), "div");
    pinned.classList.add("next");
    pinned.prepend(make("span", "place", "next right"));
    row.append(pinned);
  }
  const list = make("ol");
  images.forEach((one, at) => {
    if (!one.isNext) list.append(shot(one, () => openLarge(search, system, at)));
  });
  row.append(list);
  return make("div", "ranking", title, row);
}

function card(search) {
  const title = make("h3", "name", pathOf(search[0]));
  title.title = pathOf(search[0]);
  const facts = `${personName(personOf(search[0]))}, ${cameraName(cameraOf(search[0]))}`;
  const frame = picture(search[0], "query");
  frame.addEventListener("click", () => openLarge(search, last, 0));
  const query = make("div", "query", frame, make("span", "place", "query"));
  const rankings = make("div", "rankings", ...search.slice(1).map((_, i) => ranking(search, i + 1)));
  return make("article", "search", make("header", "", title, make("p", "", facts)), query, rankings);
}

function heading(group) {
  const button = make("button", "link", personName(group.person));
  button.type = "button";
  button.addEventListener("click", () => change({ people: String(group.person) }));
  const facts = `${count(group.searches.length)} searches, ${count(group.wrong)} wrong at rank 1`;
  return make("div", "group", make("h3", "", button), make("p", "", facts));
}

const apOf = (search) => search[last][0];
const leadOf = (search) => search[last][3] ?? -Infinity;
const gainOf = (search) => apOf(search) - search[1][0];
const down = (of) => (a, b) => (of(a) === of(b) ? 0 : of(b) - of(a));
const up = (of) => (a, b) => -down(of)(a, b);
const ORDERS = {
  confused: down(leadOf),
  worst: (a, b) => up(apOf)(a, b) || down(leadOf)(a, b),
  best: (a, b) => down(apOf)(a, b) || up(leadOf)(a, b),
  gained: down(gainOf),
  lost: up(gainOf),
  file: () => 0,
};
const OUTCOMES = {
  "": () => true,
  first: (rank) => rank === 1,
  ten: (rank) => rank > 1 && rank <= 10,
  later: (rank) => rank > 10,
};

let found = []; // searches that fit, in order
let items = []; // what the list holds: searches and headings
let tops = [0]; // where each begins, and where the last one ends
const made = new Map(); // nodes by place

function fitting() {
  const name = state.name.trim().toLowerCase();
  const clicked = CLICKED.filter((key) => state[key]).map((key) => PREDICATES[key](state[key]));
  const outcome = OUTCOMES[state.outcome] ?? OUTCOMES[""];
  return data.search.filter((search) => {
    const [path, person, camera] = data.image[search[0]];
    return (
      outcome(search[last][1]) &&
      (state.camera === "" || Number(state.camera) === camera) &&
      (name === "" || path.toLowerCase().includes(name) || name === String(person)) &&
      clicked.every((fits) => fits(search))
    );
  });
}

// Most confused: the people with the most wrong searches first, each with their own searches.
function grouped(searches) {
  const groups = new Map();
  for (const search of searches) {
    const person = personOf(search[0]);
    if (!groups.has(person)) groups.set(person, { person, searches: [], wrong: 0, lead: -Infinity });
    const group = groups.get(person);
    group.searches.push(search);
    group.wrong += search[last][1] > 1 ? 1 : 0;
    group.lead = Math.max(group.lead, leadOf(search));
  }
  const order = (a, b) => b.wrong - a.wrong || (a.lead === b.lead ? 0 : b.lead - a.lead);
  return [...groups.values()].sort(order).flatMap((group) => [{ group }, ...group.searches.map((search) => ({ search }))]);
}

function layOut() {
  for (const node of made.values()) node.remove();
  made.clear();
  const heights = { search: 0, group: 0 };
  for (const kind of ["search", "group"]) {
    const example = items.find((item) => item[kind]);
    if (!example) continue;
    const probe = example.search ? card(example.search) : heading(example.group);
    probe.classList.add("probe");
    feed.append(probe);
    heights[kind] = probe.getBoundingClientRect().height + (kind === "search" ? 12 : 4);
    probe.remove();
  }
  tops = [0];
  for (const item of items) tops.push(tops[tops.length - 1] + heights[item.search ? "search" : "group"]);
  feed.style.height = `${tops[tops.length - 1]}px`;
  drawList();
}

function placeAt(y) {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (tops[middle + 1] <= y) low = middle + 1;
    else high = middle;
  }
  return low;
}

function drawList() {
  const above = -feed.getBoundingClientRect().top;
  const first = placeAt(above - AROUND);
  const end = Math.min(items.length, placeAt(above + innerHeight + AROUND) + 1);
  for (const [place, node] of made) {
    if ((place < first || place >= end) && !node.contains(document.activeElement)) {
      node.remove();
      made.delete(place);
    }
  }
  for (let place = first; place < end; place += 1) {
    if (made.has(place)) continue;
    const item = items[place];
    const node = item.search ? card(item.search) : heading(item.group);
    node.style.top = `${tops[place]}px`;
    if (item.search) {
      node.tabIndex = -1;
      node.setAttribute("aria-posinset", found.indexOf(item.search) + 1);
      node.setAttribute("aria-setsize", found.length);
    }
    // In the order of the list, which is the order that the keyboard goes.
    const after = [...made.keys()].filter((other) => other > place);
    feed.insertBefore(node, after.length ? made.get(Math.min(...after)) : null);
    made.set(place, node);
  }
}

function goTo(place) {
  if (place < 0 || place >= items.length) return;
  scrollTo({ top: feed.getBoundingClientRect().top + scrollY + tops[place] - 12, behavior: "instant" });
  drawList();
  made.get(place).focus({ preventScroll: true });
}

// The keys of an ARIA feed: to the next search and the one before.
feed.addEventListener("keydown", (event) => {
  if (event.key !== "PageDown" && event.key !== "PageUp") return;
  const step = event.key === "PageDown" ? 1 : -1;
  for (const [place, node] of made) {
    if (!node.contains(document.activeElement)) continue;
    event.preventDefault();
    let next = place + step;
    while (items[next] && !items[next].search) next += step;
    goTo(next);
    return;
  }
});

let isWaiting = false;
function soon() {
  if (isWaiting) return;
  isWaiting = true;
  requestAnimationFrame(() => {
    isWaiting = false;
    drawList();
  });
}
addEventListener("scroll", soon, { passive: true });
let lastWidth = innerWidth;
addEventListener("resize", () => {
  if (innerWidth === lastWidth) return soon();
  lastWidth = innerWidth;
  layOut();
});

function showChips() {
  const chips = CLICKED.filter((key) => state[key]).map((key) => {
    const chip = make("button", "chip", WORDS[key](state[key]), " ✕");
    chip.type = "button";
    chip.setAttribute("aria-label", `Remove the filter: ${WORDS[key](state[key])}`);
    chip.addEventListener("click", () => change({ [key]: "" }));
    return chip;
  });
  $("chips").replaceChildren(...chips);
}

function show() {
  for (const key of Object.keys(FIELDS)) {
    const field = form.elements[key];
    if (key === "names") field.checked = state.names === "on";
    else field.value = state[key];
  }
  found = fitting().sort(ORDERS[state.order] ?? ORDERS.confused);
  const isGrouped = state.order === "confused";
  items = isGrouped ? grouped(found) : found.map((search) => ({ search }));
  if (isGrouped) found = items.flatMap((item) => (item.search ? [item.search] : []));
  feed.classList.toggle("names", state.names === "on");
  const of = `${count(found.length)} of ${count(data.search.length)}`;
  $("status").textContent = found.length
    ? `${of} searches fit.`
    : `${of} searches fit: choose “all”, clear the name, or remove a filter.`;
  $("csv").disabled = found.length === 0;
  showChips();
  layOut();
}

function change(what, scroll = false) {
  Object.assign(state, what);
  for (const key of CLICKED) if (!state[key]) delete state[key];
  writeUrl();
  show();
  if (scroll) $("searches").scrollIntoView();
}
