"use strict";
// What the three parts share: the data, elements, the filters and how they are written into the URL.
const data = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
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
const WIDTH = 3; // numbers of a listed image: image, kind, distance

// Everything from the data becomes text, never markup.
function make(tag, name, ...content) {
  const node = document.createElement(tag);
  if (name) node.className = name;
  node.append(...content);
  return node;
}

const count = (number) => number.toLocaleString("en");
const percent = (share) => `${(100 * share).toFixed(1)} %`;
const cameraName = (number) => (number < 0 ? "no camera" : `cam ${number}`);
const personName = (number) => (number < 1 ? "nobody known" : `person ${number}`);
const pathOf = (image) => data.image[image][0];
const personOf = (image) => data.image[image][1];
const cameraOf = (image) => data.image[image][2];
const source = (image) => {
  const picture = data.picture[image];
  return picture ? (data.folder ? `${data.folder}/${picture}` : `data:image/webp;base64,${picture}`) : "";
};

// The listed images of a search, as objects: image, kind, distance, rank (0 for those left out), isNext.
function listed(found) {
  const [, first, , , entries] = found;
  const images = [];
  let rank = 0;
  for (let i = 0; i < entries.length; i += WIDTH) {
    const [image, kind, distance] = entries.slice(i, i + WIDTH);
    const isOut = KINDS[kind][0] === "out";
    if (!isOut) rank += 1;
    const isNext = KINDS[kind][0] === "right" && rank < first; // not among the nearest: the next right one
    images.push({ image, kind, distance, rank: isOut ? 0 : isNext ? first : rank, isNext });
  }
  return images;
}
const nearest = (found) => listed(found).find((one) => one.rank === 1);
const isWrong = (one) => one !== undefined && KINDS[one.kind][0] === "wrong";

// What is shown: the form's own fields, and filters that are set by a click on a figure.
const FIELDS = { order: "confused", outcome: "", camera: "", name: "", names: "" };
const CLICKED = ["ap", "beyond", "from", "people", "cut"];
let state = { ...FIELDS };

const numbers = (text) => text.split("_").map(Number);
const PREDICATES = {
  ap: (text) => {
    const [low, high, system] = numbers(text);
    return (search) => search[system][0] >= low && (search[system][0] < high || high === 1);
  },
  beyond: (text) => {
    const [rank, system] = numbers(text);
    return (search) => search[system][1] > rank;
  },
  from: (text) => {
    const [query, gallery, system] = numbers(text);
    return (search) => {
      const one = nearest(search[system]);
      return cameraOf(search[0]) === query && one !== undefined && cameraOf(one.image) === gallery;
    };
  },
  people: (text) => {
    const people = new Set(numbers(text));
    return (search) => people.has(personOf(search[0]));
  },
  cut: (text) => {
    const [kind, distance, system] = numbers(text);
    return (search) => {
      const one = nearest(search[system]);
      if (one === undefined) return false;
      return kind ? isWrong(one) && one.distance < distance : !isWrong(one) && one.distance >= distance;
    };
  },
};
const letter = (system) => (isPair ? ` of system ${"AB"[system - 1]}` : "");
const WORDS = {
  ap: (text) => {
    const [low, high, system] = numbers(text);
    return `AP${letter(system)} ${low} to ${high}`;
  },
  beyond: (text) => {
    const [rank, system] = numbers(text);
    return `right one${letter(system)} after rank ${rank}`;
  },
  from: (text) => {
    const [query, gallery, system] = numbers(text);
    return `camera ${query}, first image${letter(system)} by camera ${gallery}`;
  },
  people: (text) => {
    const people = numbers(text);
    return people.length < 4 ? people.map((one) => `person ${one}`).join(", ") : `${people.length} people`;
  },
  cut: (text) => {
    const [kind, distance, system] = numbers(text);
    return `${kind ? "wrong but nearer" : "right but not nearer"} than ${distance}${letter(system)}`;
  },
};

function readUrl() {
  const [place, query] = location.hash.split("?");
  if (place !== "#searches" || query === undefined) return false;
  const given = new URLSearchParams(query);
  state = { ...FIELDS };
  for (const [key, value] of given) {
    if (key in FIELDS || (key in PREDICATES && /^[-\d._e]+$/.test(value))) state[key] = value;
  }
  return true;
}

function writeUrl() {
  const changed = Object.entries(state).filter(([key, value]) => value !== "" && value !== FIELDS[key]);
  const query = new URLSearchParams(changed).toString();
  history.replaceState(null, "", query ? `#searches?${query}` : location.pathname + location.search);
}
