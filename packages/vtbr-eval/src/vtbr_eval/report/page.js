"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const form = document.getElementById("filters");
  const lists = document.getElementById("lists");
  const status = document.getElementById("status");
  const more = document.getElementById("more");
  const AT_ONCE = 12;
  // By kind, as neighbours.py numbers them: class, sign, word.
  const KINDS = [
    ["wrong", "✗", "wrong"],
    ["right", "✓", "right"],
    ["out", "–", "left out"],
    ["out", "–", "junk"],
    ["wrong", "✗", "wrong, a distractor"],
  ];
  const isPair = data.search[0].length > 2;
  const last = isPair ? 2 : 1; // the system that orders and outcomes look at

  // Everything from the data becomes text, never markup.
  function make(tag, name, ...content) {
    const node = document.createElement(tag);
    if (name) node.className = name;
    node.append(...content);
    return node;
  }

  function camera(number) {
    return number < 0 ? "no camera" : `cam ${number}`;
  }

  function picture(image, words) {
    const [path] = data.image[image];
    const frame = make("div", "frame");
    if (data.picture[image]) {
      const img = make("img");
      img.src = `data:image/jpeg;base64,${data.picture[image]}`;
      img.alt = `${words}: ${path}`;
      frame.append(img);
    } else {
      frame.classList.add("named");
      frame.append(make("span", "name", path));
    }
    frame.title = path;
    return frame;
  }

  function shot(image, kind, distance, rank) {
    const [path, person, cam] = data.image[image];
    const [style, sign, word] = KINDS[kind];
    const isRanked = style !== "out";
    const mark = make("span", "mark", sign);
    mark.setAttribute("aria-hidden", "true");
    const spoken = make("span", "hidden", isRanked ? `${word}, rank ` : "");
    const verdict = make("span", "verdict", mark, " ", spoken, isRanked ? String(rank) : word);
    const item = make(
      "li", `shot ${style}`, picture(image, word), verdict, make("span", "place", camera(cam)),
      make("span", "more", `${person < 1 ? "nobody known" : `person ${person}`}, distance ${distance}`),
    );
    if (data.picture[image]) item.append(make("span", "more name", path));
    return item;
  }

  function ranking(found, letter) {
    const [ap, first, matches, , entries] = found;
    const facts = `AP ${(100 * ap).toFixed(1)} % · first right at rank ${first} · ${matches} right in all`;
    const block = make("div", "ranking");
    const title = make("h4", "");
    if (letter) title.append(make("span", `who ${letter.toLowerCase()}`, letter), " ");
    title.append(facts);
    const list = make("ol");
    let rank = 0;
    for (let i = 0; i < entries.length; i += 3) {
      const kind = entries[i + 1];
      if (KINDS[kind][0] !== "out") rank += 1;
      const isFar = KINDS[kind][0] === "right" && rank < first; // not among the nearest: stands at the end
      const item = shot(entries[i], kind, entries[i + 2], isFar ? first : rank);
      if (isFar) item.classList.add("far");
      list.append(item);
    }
    block.append(title, list);
    return block;
  }

  function card(search) {
    const [path, person, cam] = data.image[search[0]];
    const header = make("header", "", make("h3", "name", path), make("p", "", `person ${person}, ${camera(cam)}`));
    const query = make("div", "query", picture(search[0], "query"), make("span", "place", "query"));
    const rankings = make("div", "rankings", ...search.slice(1).map((found, i) => ranking(found, isPair ? "AB"[i] : "")));
    return make("article", "search", header, query, rankings);
  }

  const ap = (search) => search[last][0];
  const lead = (search) => search[last][3] ?? -Infinity;
  const gain = (search) => ap(search) - search[1][0];
  const down = (of) => (a, b) => (of(a) === of(b) ? 0 : of(b) - of(a));
  const up = (of) => (a, b) => -down(of)(a, b);
  const ORDERS = {
    confused: down(lead),
    worst: (a, b) => up(ap)(a, b) || down(lead)(a, b),
    best: (a, b) => down(ap)(a, b) || up(lead)(a, b),
    gained: down(gain),
    lost: up(gain),
    file: () => 0,
  };
  const OUTCOMES = {
    "": () => true,
    first: (rank) => rank === 1,
    ten: (rank) => rank > 1 && rank <= 10,
    later: (rank) => rank > 10,
  };

  let found = [];
  let shown = 0;

  function showMore() {
    const next = found.slice(shown, shown + AT_ONCE).map(card);
    lists.append(...next);
    shown += next.length;
    more.hidden = shown >= found.length;
    const of = `${found.length.toLocaleString("en")} of ${data.search.length.toLocaleString("en")}`;
    status.textContent = found.length
      ? `${of} searches fit, ${shown.toLocaleString("en")} shown.`
      : `${of} searches fit: choose “all”, or clear the name.`;
    return next[0];
  }

  function apply() {
    const value = Object.fromEntries(new FormData(form));
    const name = value.name.trim().toLowerCase();
    const fits = (search) => {
      const [path, person, cam] = data.image[search[0]];
      return (
        OUTCOMES[value.outcome](search[last][1]) &&
        (value.camera === "" || Number(value.camera) === cam) &&
        (name === "" || path.toLowerCase().includes(name) || name === String(person))
      );
    };
    found = data.search.filter(fits).sort(ORDERS[value.order]);
    shown = 0;
    lists.replaceChildren();
    lists.classList.toggle("names", value.names === "on");
    showMore();
  }

  const cameras = new Set(data.search.map((search) => data.image[search[0]][2]));
  for (const number of [...cameras].sort((a, b) => a - b)) {
    form.elements.camera.append(new Option(number < 0 ? "unknown" : number, number));
  }
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  more.addEventListener("click", () => {
    const first = showMore();
    first.tabIndex = -1;
    first.focus({ preventScroll: true }); // the keyboard goes on where the new ones start
  });
  form.hidden = false;
  form.reset(); // some browsers keep old choices over a reload
  apply();
})();
