"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const size = 50, get = id => document.getElementById(id), body = document.querySelector("#rows tbody");
const number = (value, digits) => value === null ? "" : value.toFixed(digits);
let order = data.rows.map((_, i) => i), shown = order, page = 0, sorted = "", down = false;

function make(tag, options = {}, ...inside) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) element.setAttribute(name, value);
  element.append(...inside);
  return element;
}

function picture(row, tag) {
  const shot = make(tag, { class: "shot", title: "Show more" });
  if (tag === "button") shot.setAttribute("aria-label", "Details of " + row.name);
  if (row.thumbnail) shot.append(make("img", { src: "data:image/jpeg;base64," + row.thumbnail, alt: "" }));
  if (row.evidence) shot.append(make("img", { src: "data:image/png;base64," + row.evidence, alt: "", class: "over" }));
  return shot;
}

function bar(row) {
  const said = data.classes.map((name, i) => name + " " + number(row.p[i], 3)).join(", ");
  const strip = make("div", { class: "probability", role: "img", "aria-label": said, title: said });
  row.p.forEach((p, i) => { const part = make("i", { class: "c" + i % 6 }); part.style.width = 100 * (p || 0) + "%"; strip.append(part); });
  return strip;
}

const label = row => make("span", { class: "tag " + row.kind }, row.kind === "nsc" ? "nebula / cluster" : row.kind);
const columns = [
  ["Frame", "name", row => make("td", { class: "name", title: row.source }, row.name, row.chip ? ", chip " + row.chip : "")],
  ["Label", "kind", row => make("td", {}, label(row))],
  ["Probability", "probability", row => make("td", {}, number(row.probability, 3), row.error ? "" : bar(row))],
  ["Body", "body", row => make("td", { class: "name" }, row.body, row.agrees === "no" ? " (disagrees)" : "")],
  ["Instrument", "instrument", row => make("td", { class: "hide" }, row.instrument)],
  ["Band", "band", row => make("td", { class: "hide" }, row.band)],
  ["Novelty", "novelty", row => make("td", { class: "number hide" }, number(row.novelty, 2))],
  ["Note", "note", row => make("td", { class: "note" }, row.note)],
].filter(([, field]) => ["name", "kind", "probability"].includes(field) || data.rows.some(row => row[field]));

function head() {
  const cells = columns.map(([name, field]) => {
    const cell = make("th", { scope: "col" }), button = make("button", { type: "button" }, name + (sorted === field ? (down ? " ▼" : " ▲") : ""));
    if (["instrument", "band", "novelty"].includes(field)) cell.className = "hide";
    cell.setAttribute("aria-sort", sorted !== field ? "none" : down ? "descending" : "ascending");
    button.dataset.field = field;
    button.addEventListener("click", () => sort(field));
    cell.append(button);
    return cell;
  });
  if (data.pictures) cells.unshift(make("th", { scope: "col" }, "Picture"));
  document.querySelector("#rows thead tr").replaceChildren(...cells);
}

function line(i) {
  const row = data.rows[i], cells = columns.map(([, , cell]) => cell(row));
  const element = make("tr", { class: row.agrees === "no" ? "no" : "" });
  const shot = picture(row, "button");
  shot.addEventListener("click", () => detail(i));
  if (data.pictures) element.append(make("td", {}, shot));
  else cells[0].addEventListener("click", () => detail(i));
  element.append(...cells);
  return element;
}

function draw() {
  const pages = Math.max(1, Math.ceil(shown.length / size));
  page = Math.min(Math.max(page, 0), pages - 1);
  body.replaceChildren(...shown.slice(page * size, (page + 1) * size).map(line));
  get("page").textContent = "page " + (page + 1) + " of " + pages;
  get("back").disabled = page === 0;
  get("on").disabled = page === pages - 1;
  get("said").textContent = shown.length + " of " + data.rows.length + " frames";
}

function filter() {
  const asked = Object.fromEntries(new FormData(get("choose"))), text = asked.text.toLowerCase(), least = parseFloat(asked.least);
  shown = order.filter(i => {
    const row = data.rows[i];
    return data.filters.every(field => !asked[field] || String(row[field]) === asked[field])
      && (!text || row.search.includes(text)) && (isNaN(least) || row.probability >= least);
  });
  page = 0;
  draw();
}

function sort(field) {
  down = sorted === field ? !down : false;
  sorted = field;
  const sign = down ? -1 : 1, empty = value => value === null || value === "";
  order = data.rows.map((_, i) => i).sort((a, b) => {
    const one = data.rows[a][field], other = data.rows[b][field];
    if (empty(one) || empty(other)) return empty(one) - empty(other);
    return sign * (typeof one === "number" ? one - other : one.localeCompare(other));
  });
  head();
  document.querySelector("[data-field=" + field + "]").focus();
  filter();
}

function detail(i) {
  const row = data.rows[i], list = get("detail").querySelector("dl");
  get("detail-name").textContent = row.name;
  get("detail").querySelector("div").replaceChildren(...(row.thumbnail ? [picture(row, "div")] : []), ...(row.error ? [] : [bar(row)]));
  list.replaceChildren(...Object.entries(row.more).flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, String(value ?? ""))]));
  get("detail").showModal();
}

function csv() {
  // A text that begins like a formula would be one to a spreadsheet.
  const cell = value => typeof value === "number" ? value : '"' + String(value ?? "").replace(/^([=+\-@\t\r])/, "'$1").replace(/"/g, '""') + '"';
  const names = Object.keys(data.rows[0]?.more ?? {});
  const lines = [names, ...shown.map(i => names.map(name => data.rows[i].more[name]))].map(values => values.map(cell).join(","));
  const link = make("a", { download: "frames.csv", href: URL.createObjectURL(new Blob([lines.join("\r\n")], { type: "text/csv" })) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

get("choose").addEventListener("input", filter);
get("choose").addEventListener("reset", () => setTimeout(filter));
get("choose").addEventListener("submit", event => event.preventDefault());
get("download").addEventListener("click", csv);
get("back").addEventListener("click", () => { page -= 1; draw(); });
get("on").addEventListener("click", () => { page += 1; draw(); });
get("close").addEventListener("click", () => get("detail").close());
get("overlay")?.addEventListener("click", event => {
  const plain = document.body.classList.toggle("plain");
  event.target.setAttribute("aria-pressed", String(!plain));
});
for (const mark of document.querySelectorAll(".mark")) {
  const open = () => detail(Number(mark.dataset.row));
  mark.addEventListener("click", open);
  mark.addEventListener("keydown", event => { if (event.key === "Enter") open(); });
}
head();
draw();
