// What one works with: the large view, the threshold, people, confused people, CSV, clicks on figures.
const large = $("large");
let view = null; // the search, its system and the place in its list

function openLarge(search, system, at) {
  view = { search, system, at };
  drawLarge();
  if (!large.open) large.showModal();
}

function largeFigure(image, words, style) {
  const figure = make("figure", style);
  const src = source(image);
  if (src) {
    const img = make("img");
    img.src = src;
    img.alt = `${words}: ${pathOf(image)}`;
    figure.append(img);
  } else {
    figure.append(make("p", "name missing", "no picture"));
  }
  const facts = `${personName(personOf(image))}, ${cameraName(cameraOf(image))}`;
  figure.append(make("figcaption", "", make("strong", "", words), make("span", "", facts), make("span", "name", pathOf(image))));
  return figure;
}

function drawLarge() {
  const images = listed(view.search[view.system]);
  const one = images[view.at];
  const [style, sign, word] = KINDS[one.kind];
  const rank = one.rank ? `${sign} ${word}, rank ${one.rank}` : `${sign} ${word}`;
  $("large-pair").replaceChildren(
    largeFigure(view.search[0], "query", "sought"),
    largeFigure(one.image, `${rank}, distance ${one.distance}`, style),
  );
  const place = found.indexOf(view.search) + 1;
  const which = isPair ? `system ${"AB"[view.system - 1]}, ` : "";
  $("large-place").textContent =
    `${which}image ${view.at + 1} of ${images.length}, search ${count(place)} of ${count(found.length)}`;
}

function step(images, searches) {
  const place = found.indexOf(view.search) + searches;
  if (searches && place >= 0 && place < found.length) view = { ...view, search: found[place], at: 0 };
  const length = listed(view.search[view.system]).length;
  view.at = Math.min(length - 1, Math.max(0, view.at + images));
  drawLarge();
}

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
large.addEventListener("keydown", (event) => {
  if (!(event.key in STEPS)) return;
  event.preventDefault();
  step(...STEPS[event.key]);
});
for (const button of large.querySelectorAll("[data-step]")) {
  button.addEventListener("click", () => step(...button.dataset.step.split(" ").map(Number)));
}
large.addEventListener("click", (event) => {
  if (event.target === large) large.close(); // beside the view
});
large.addEventListener("close", () => {
  const place = items.findIndex((item) => item.search === view.search);
  if (place >= 0) goTo(place);
});

// The threshold: which share of the pairs lies nearer, and whose nearest image would be taken.
const cut = $("cut");
function drawThreshold() {
  const system = isPair ? Number($("cut-system").value) : 1;
  const { upper, matches, others } = data.distance[system - 1];
  const bin = Number(cut.value);
  const distance = Number(((upper * bin) / matches.length).toPrecision(3));
  const below = (counts) => counts.slice(0, bin).reduce((sum, one) => sum + one, 0);
  const share = (counts) => below(counts) / Math.max(1, counts.reduce((sum, one) => sum + one, 0));
  const sums = { right: 0, wrong: 0, refusedRight: 0, refusedWrong: 0 };
  for (const search of data.search) {
    const one = nearest(search[system]);
    if (one === undefined) continue;
    const isTaken = one.distance < distance;
    if (isWrong(one)) sums[isTaken ? "wrong" : "refusedWrong"] += 1;
    else sums[isTaken ? "right" : "refusedRight"] += 1;
  }
  cut.setAttribute("aria-valuetext", `distance ${distance}`);
  $("cut-distance").textContent = String(distance);
  $("cut-tpr").textContent = percent(share(matches));
  $("cut-fpr").textContent = `${Number((100 * share(others)).toPrecision(2))} %`;
  $("cut-right").textContent = count(sums.right);
  $("cut-refused").textContent = count(sums.refusedWrong);
  const flips = [["cut-wrong", sums.wrong, 1], ["cut-lost", sums.refusedRight, 0]];
  for (const [id, number, kind] of flips) {
    $(id).textContent = count(number);
    $(id).disabled = number === 0;
    $(id).dataset.filter = `cut=${kind}_${distance}_${system}`;
  }
  for (const chart of document.querySelectorAll("svg[data-distances]")) {
    const [left, right, low, high, of] = chart.dataset.distances.split(" ").map(Number);
    const line = chart.querySelector(".cut");
    const x = left + ((distance - low) / (high - low)) * (right - left);
    line.style.display = of === system && x >= left && x <= right ? "" : "none";
    line.setAttribute("transform", `translate(${x} 0)`);
  }
}

// By person: how often found, and whom they are taken for.
function peopleRows() {
  const people = new Map();
  for (const search of data.search) {
    const person = personOf(search[0]);
    if (!people.has(person)) people.set(person, { person, searches: 0, first: 0, ap: 0, others: new Map() });
    const row = people.get(person);
    const one = nearest(search[last]);
    row.searches += 1;
    row.first += search[last][1] === 1 ? 1 : 0;
    row.ap += search[last][0];
    if (isWrong(one)) row.others.set(personOf(one.image), (row.others.get(personOf(one.image)) ?? 0) + 1);
  }
  return [...people.values()].map((row) => {
    const [other, times] = [...row.others].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0] ?? [null, 0];
    return { person: row.person, searches: row.searches, first: row.first / row.searches, ap: row.ap / row.searches, other, times };
  });
}

const COLUMNS = [
  ["person", "person", (row) => String(row.person)],
  ["searches", "searches", (row) => count(row.searches)],
  ["first", "rank-1", (row) => percent(row.first)],
  ["ap", "mAP", (row) => percent(row.ap)],
  ["times", "most often taken for", (row) => (row.times ? `${personName(row.other)} (${count(row.times)} times)` : "")],
];
const AT_FIRST = 50;
let peopleOrder = { key: "ap", sign: 1 };
let isWhole = false;

function drawPeople() {
  const rows = peopleRows().sort((a, b) => peopleOrder.sign * (a[peopleOrder.key] - b[peopleOrder.key]) || a.person - b.person);
  const head = make("tr", "");
  for (const [key, title] of COLUMNS) {
    const cell = make("th", "");
    cell.scope = "col";
    const isSorted = key === peopleOrder.key;
    if (isSorted) cell.setAttribute("aria-sort", peopleOrder.sign > 0 ? "ascending" : "descending");
    const button = make("button", "link", title, isSorted ? (peopleOrder.sign > 0 ? " ▲" : " ▼") : "");
    button.type = "button";
    button.addEventListener("click", () => {
      peopleOrder = { key, sign: isSorted ? -peopleOrder.sign : 1 };
      drawPeople();
    });
    cell.append(button);
    head.append(cell);
  }
  const body = make("tbody", "");
  for (const row of isWhole ? rows : rows.slice(0, AT_FIRST)) {
    const line = make("tr", "");
    COLUMNS.forEach(([key, , text], place) => {
      const cell = make(place ? "td" : "th", "");
      if (place) cell.append(text(row));
      else {
        cell.scope = "row";
        const button = make("button", "link", text(row));
        button.type = "button";
        button.dataset.filter = `people=${row.person}`;
        cell.append(button);
      }
      line.append(cell);
    });
    body.append(line);
  }
  const table = make("table", "", make("caption", "", `${count(rows.length)} people`), make("thead", "", head), body);
  const scroll = make("div", "scroll", table);
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "region");
  scroll.setAttribute("aria-label", "People");
  const all = make("button", "", `Show all ${count(rows.length)}`);
  all.type = "button";
  all.addEventListener("click", () => {
    isWhole = true;
    drawPeople();
  });
  $("people-table").replaceChildren(scroll, ...(isWhole || rows.length <= AT_FIRST ? [] : [all]));
}

// Confused people: clusters of people who are taken for one another.
function clusters() {
  const pairs = new Map();
  const example = new Map();
  for (const search of data.search) {
    const [one, person] = [nearest(search[last]), personOf(search[0])];
    if (!example.has(person)) example.set(person, search[0]);
    if (!isWrong(one) || person < 1 || personOf(one.image) < 1) continue;
    const other = personOf(one.image);
    if (!example.has(other)) example.set(other, one.image);
    const key = person < other ? `${person}_${other}` : `${other}_${person}`;
    pairs.set(key, (pairs.get(key) ?? 0) + 1);
  }
  const top = new Map(); // union-find over people
  const root = (one) => {
    while (top.has(one) && top.get(one) !== one) one = top.get(one);
    return one;
  };
  const often = [...pairs].filter(([, times]) => times > 1).sort((a, b) => b[1] - a[1]);
  const strong = often.length ? often : [...pairs].sort((a, b) => b[1] - a[1]).slice(0, 20);
  for (const [key] of strong) {
    const [a, b] = numbers(key).map(root);
    top.set(Math.max(a, b), Math.min(a, b));
    if (!top.has(Math.min(a, b))) top.set(Math.min(a, b), Math.min(a, b));
  }
  const groups = new Map();
  for (const [key, times] of strong) {
    const [a, b] = numbers(key);
    const name = root(a);
    if (!groups.has(name)) groups.set(name, { people: new Set(), times: 0 });
    const group = groups.get(name);
    group.people.add(a).add(b);
    group.times += times;
  }
  return { groups: [...groups.values()].sort((a, b) => b.times - a.times).slice(0, 30), example };
}

function drawClusters() {
  const { groups, example } = clusters();
  const rows = groups.map(({ people, times }) => {
    const ids = [...people].sort((a, b) => a - b);
    const faces = ids.slice(0, 6).map((person) => {
      const frame = picture(example.get(person), personName(person));
      frame.dataset.filter = `people=${person}`;
      return make("li", "shot", frame, make("span", "place", personName(person)));
    });
    const button = make("button", "", `Show their searches`);
    button.type = "button";
    button.dataset.filter = `people=${ids.join("_")}`;
    const words = `${count(ids.length)} people, taken for one another in ${count(times)} searches`;
    return make("li", "cluster", make("p", "", words), make("ol", "faces", ...faces), button);
  });
  $("clusters-list").replaceChildren(
    rows.length ? make("ul", "clusters", ...rows) : make("p", "", "Nobody is taken for anybody else."),
  );
}

for (const [id, draw] of [["people", drawPeople], ["clusters", drawClusters]]) {
  $(id).addEventListener("toggle", () => {
    if ($(id).open) draw();
    soon(); // the list has moved
  });
}
for (const details of document.querySelectorAll("details")) details.addEventListener("toggle", soon);

// CSV of the searches that fit, one line an image listed.
const cell = (value) => {
  const text = String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
function csv() {
  const head = "query,query_person,query_camera,system,average_precision,first_right_rank,rank,image,person,camera,verdict,distance";
  const lines = [head];
  for (const search of found) {
    for (let system = 1; system < search.length; system += 1) {
      const [ap, first] = search[system];
      for (const one of listed(search[system])) {
        lines.push([
          pathOf(search[0]), personOf(search[0]), cameraOf(search[0]), isPair ? "AB"[system - 1] : "A", ap, first,
          one.rank || "", pathOf(one.image), personOf(one.image), cameraOf(one.image), KINDS[one.kind][2], one.distance,
        ].map(cell).join(","));
      }
    }
  }
  return `${lines.join("\r\n")}\r\n`;
}
$("csv").addEventListener("click", () => {
  const link = make("a", "");
  link.href = URL.createObjectURL(new Blob([csv()], { type: "text/csv" }));
  link.download = "searches.csv";
  link.click();
  URL.revokeObjectURL(link.href);
});

document.addEventListener("click", (event) => {
  const chosen = event.target.closest?.("[data-filter]");
  if (chosen) change(Object.fromEntries(new URLSearchParams(chosen.dataset.filter)), true);
});

const cameras = new Set(data.search.map((search) => cameraOf(search[0])));
for (const number of [...cameras].sort((a, b) => a - b)) {
  form.elements.camera.append(new Option(number < 0 ? "unknown" : number, number));
}
form.addEventListener("input", () => change(Object.fromEntries(Object.keys(FIELDS).map((key) => [
  key, key === "names" ? (form.elements.names.checked ? "on" : "") : form.elements[key].value,
]))));
form.addEventListener("submit", (event) => event.preventDefault());
addEventListener("hashchange", () => readUrl() && show());
for (const node of document.querySelectorAll("[data-script]")) node.hidden = false;
feed.replaceChildren();
feed.classList.add("feed");
feed.setAttribute("role", "feed");
form.reset(); // some browsers keep old choices over a reload
cut.value = data.start;
cut.addEventListener("input", drawThreshold);
if (isPair) $("cut-system").addEventListener("input", drawThreshold);
drawThreshold();
const isAsked = readUrl();
show();
if (isAsked) $("searches").scrollIntoView();
