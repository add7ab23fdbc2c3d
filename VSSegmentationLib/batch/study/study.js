"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const ROW = 48, SPARE = 6;
  const patients = new Map(data.patients.map((each) => [each.patient, each]));
  const numbers = (digits, sign) => (value) => (value === undefined || value === null ? "" : (sign && value > 0 ? "+" : "") + value.toFixed(digits));
  // Each column: what it is called, by what it is sorted, what a cell says; numbers begin with the largest.
  const columns = [
    { name: "Picture" },
    { name: "Case", of: (r) => r.case },
    { name: "Patient", of: (r) => r.patient },
    { name: "Day", of: (r) => r.day, text: numbers(0), number: true },
    { name: "Status", of: (r) => r.status },
    { name: "Side", of: (r) => r.side },
    { name: "Volume, cm³", of: (r) => r.volume, text: numbers(3), number: true },
    { name: "± %", of: (r) => r.limit, text: numbers(0), number: true, about: "How far the volume may be off, in percent; empty where no limit is known" },
    { name: "Headline", of: (r) => r.headline, text: numbers(1), number: true, about: "The leading measure; its name and unit stand beside the chosen case" },
    { name: "Change, %", of: (r) => r.change, text: numbers(1, true), number: true, about: "Of the volume since the examination before; of a patient's last one" },
    { name: "Warnings", of: (r) => (r.warnings || 0) + (r.doubts || 0) * 1000, text: (_, r) => String(r.warnings || 0) + (r.doubts ? ` (${r.doubts} doubts)` : ""), number: true },
    { name: "Look at", of: (r) => r.look || 0, text: (_, r) => (r.reasons || []).join("; "), number: true, kind: "why" },
  ];
  const at = (id) => document.getElementById(id);
  const make = (tag, attributes, ...children) => {
    const element = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes || {})) element.setAttribute(key, value);
    element.append(...children);
    return element;
  };
  let shown = data.rows, chosen = -1, order = { column: 1, down: false };

  const words = data.rows.map((r) => [r.case, r.patient, r.status, r.findings, ...(r.told || []), ...(r.reasons || [])].join(" ").toLowerCase());
  data.rows.forEach((row, index) => { row.words = words[index]; });

  function head() {
    columns.forEach((column, index) => {
      const cell = make("div", { role: "columnheader", "aria-colindex": index + 1 });
      if (column.of) {
        const button = make("button", { type: "button" }, column.name);
        if (column.about) button.title = column.about;
        button.addEventListener("click", () => sortBy(index));
        cell.append(button);
      } else cell.append(make("span", { class: "hint" }, column.name));
      at("head").append(cell);
    });
  }

  function sortBy(index) {
    order = { column: index, down: order.column === index ? !order.down : Boolean(columns[index].number) };
    refresh();
  }

  function isShown(row) {
    const text = at("find").value.trim().toLowerCase(), least = at("least").value, most = at("most").value;
    return (!text || row.words.includes(text)) &&
      ["status", "side", "modality"].every((key) => !at(key).value || (row[key] || "not known") === at(key).value) &&
      (least === "" || (row.volume != null && row.volume >= Number(least))) &&
      (most === "" || (row.volume != null && row.volume <= Number(most))) &&
      (!at("first").checked || row.look > 0);
  }

  function refresh() {
    const kept = chosen >= 0 ? shown[chosen] : null, { of } = columns[order.column];
    const none = (value) => value === undefined || value === null || value === "";
    shown = data.rows.filter(isShown).sort((a, b) => {
      const x = of(a), y = of(b);
      if (none(x) || none(y)) return none(x) - none(y); // what is not known comes last, either way
      const sign = x < y ? -1 : x > y ? 1 : 0;
      return (order.down ? -sign : sign) || (a.case < b.case ? -1 : 1);
    });
    chosen = kept ? shown.indexOf(kept) : -1;
    at("body").style.height = `${shown.length * ROW}px`;
    at("grid").setAttribute("aria-rowcount", shown.length + 1);
    at("grid").setAttribute("aria-colcount", columns.length);
    at("shown").textContent = `${shown.length} of ${data.rows.length} cases shown`;
    [...at("head").children].forEach((cell, index) => {
      cell.setAttribute("aria-sort", index !== order.column ? "none" : order.down ? "descending" : "ascending");
    });
    at("window").scrollTop = chosen >= 0 ? Math.max(0, chosen * ROW - 3 * ROW) : 0;
    draw();
    figures();
  }

  function draw() {
    const view = at("window"), first = Math.max(0, Math.floor(view.scrollTop / ROW) - SPARE);
    const last = Math.min(shown.length, Math.ceil((view.scrollTop + (view.clientHeight || 600)) / ROW) + SPARE);
    const drawn = [];
    for (let index = first; index < last; index++) drawn.push(rowOf(shown[index], index));
    at("body").replaceChildren(...drawn);
    const active = chosen >= first && chosen < last ? `row-${chosen}` : "";
    if (active) at("grid").setAttribute("aria-activedescendant", active);
    else at("grid").removeAttribute("aria-activedescendant");
  }

  function rowOf(row, index) {
    const element = make("div", { role: "row", id: `row-${index}`, "aria-rowindex": index + 2, "aria-selected": index === chosen });
    element.style.top = `${index * ROW}px`;
    columns.forEach((column, place) => {
      const cell = make("div", { role: "gridcell", "aria-colindex": place + 1 });
      if (!column.of) {
        if (row.picture) cell.append(make("img", { src: row.picture, loading: "lazy", alt: "" }));
      } else {
        const value = column.of(row);
        cell.textContent = column.text ? column.text(value, row) : value === undefined ? "" : String(value);
        cell.className = column.kind || (column.number ? "number" : column.name === "Status" ? row.status : "");
        if (column.kind) cell.title = cell.textContent;
      }
      element.append(cell);
    });
    element.addEventListener("click", () => choose(index));
    element.addEventListener("dblclick", open);
    return element;
  }

  function choose(index) {
    if (!shown.length) return;
    chosen = Math.max(0, Math.min(shown.length - 1, index));
    const view = at("window"), top = chosen * ROW;
    if (top < view.scrollTop) view.scrollTop = top;
    if (top + ROW > view.scrollTop + view.clientHeight) view.scrollTop = top + ROW - view.clientHeight;
    draw();
    detail(shown[chosen]);
  }

  function open() {
    const row = shown[chosen];
    if (row && row.report) window.location.href = encodeURI(row.report);
  }

  function detail(row) {
    const parts = [make("h2", {}, row.case)];
    if (row.picture) parts.push(make("img", { src: row.picture, alt: `Key image of ${row.case}` }));
    const facts = make("dl");
    const fact = (name, value) => { if (value !== undefined && value !== "") facts.append(make("dt", {}, name), make("dd", {}, value)); };
    fact("Status", row.status);
    fact("Findings", row.findings);
    fact("Patient", row.patient);
    fact("Scan", row.modality);
    if (row.headlineName) fact(row.headlineName, `${numbers(1)(row.headline)} ${row.headlineUnit}`);
    parts.push(facts);
    const links = make("p");
    const link = (address, text) => { if (address) links.append(make("a", { href: encodeURI(address) }, text), " "); };
    const growth = patients.get(row.patient);
    link(row.report, "Report");
    link(row.scene, "Slicer scene");
    link(growth && growth.page, "Comparison");
    parts.push(links);
    if (row.reasons) parts.push(make("h2", {}, "Why to look at it"), make("ul", {}, ...row.reasons.map((each) => make("li", {}, each))));
    if (growth) parts.push(curve(growth));
    if (row.told) parts.push(make("h2", {}, "Doubts and warnings"), make("ul", {}, ...row.told.map((each) => make("li", {}, each))));
    at("detail").replaceChildren(...parts);
  }

  const svg = (tag, attributes, text) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    return element;
  };

  function curve(growth) {
    const known = growth.days.map((day, index) => [day, growth.volumes[index]]).filter((each) => each[1] !== null);
    const most = Math.max(...known.map((each) => each[1]), 1e-6), last = Math.max(...growth.days, 1);
    const x = (day) => 36 + 270 * (day / last), y = (volume) => 100 - 85 * (volume / most);
    const said = known.map(([day, volume]) => `day ${day}: ${volume.toFixed(3)} cm³`).join(", ");
    const picture = svg("svg", { viewBox: "0 0 320 122", role: "img", "aria-label": `Volume over time: ${said}` });
    picture.append(svg("line", { x1: 36, y1: 100, x2: 310, y2: 100, class: "axis" }));
    picture.append(svg("polyline", { points: known.map(([day, volume]) => `${x(day)},${y(volume)}`).join(" "), class: "curve" }));
    known.forEach(([day, volume]) => picture.append(svg("circle", { cx: x(day), cy: y(volume), r: 3, class: "bar" })));
    picture.append(svg("text", { x: 0, y: 19 }, most.toFixed(2)), svg("text", { x: 0, y: 103 }, "0 cm³"), svg("text", { x: 36, y: 116 }, "day 0"), svg("text", { x: 310, y: 116, "text-anchor": "end" }, `day ${last}`));
    return make("figure", {}, picture, make("figcaption", {}, `Volume of ${growth.patient}. ${growth.wording}`));
  }

  function histogram(title, values, unit) {
    const caption = make("figcaption", {}, `${title}: ${values.length} cases`);
    if (!values.length) return make("figure", {}, caption);
    const sorted = [...values].sort((a, b) => a - b), bins = 20;
    const low = sorted[0], high = sorted[Math.floor(0.98 * (sorted.length - 1))], step = (high - low) / bins || 1;
    const counts = Array(bins + 1).fill(0); // the last one holds the highest 2 percent, wherever they lie
    values.forEach((value) => { counts[Math.min(bins, Math.floor((value - low) / step))] += 1; });
    const most = Math.max(...counts), median = sorted[Math.floor((sorted.length - 1) / 2)];
    const label = `${title}: ${values.length} cases, median ${median.toFixed(2)} ${unit}, from ${low.toFixed(2)} to ${sorted[sorted.length - 1].toFixed(2)} ${unit}`;
    const picture = svg("svg", { viewBox: "0 0 320 92", role: "img", "aria-label": label });
    counts.forEach((count, index) => {
      const height = 70 * count / most, bar = svg("rect", { x: 4 + index * 14.8, y: 74 - height, width: 13, height, class: "bar" });
      const to = index === bins ? "and more" : `to ${(low + (index + 1) * step).toFixed(2)}`;
      bar.append(svg("title", {}, `${(low + index * step).toFixed(2)} ${to} ${unit}: ${count}`));
      picture.append(bar);
    });
    picture.append(svg("text", { x: 4, y: 88 }, low.toFixed(2)), svg("text", { x: 314, y: 88, "text-anchor": "end" }, `${high.toFixed(2)} ${unit} and more`));
    caption.textContent = label;
    return make("figure", {}, picture, caption);
  }

  function figures() {
    const of = (key) => shown.map((row) => row[key]).filter((value) => value !== undefined && value !== null);
    at("figures").replaceChildren(make("h2", {}, "Cases shown"), histogram("Volume", of("volume"), "cm³"), histogram("Change since the examination before", of("change"), "%"));
  }

  function choices(id, values) {
    at(id).append(make("option", { value: "" }, "all"), ...[...new Set(values)].sort().map((value) => make("option", { value }, value)));
    at(id).addEventListener("change", refresh);
  }

  function keys(event) {
    const page = Math.max(1, Math.floor(at("window").clientHeight / ROW) - 1);
    const to = { ArrowDown: chosen + 1, ArrowUp: chosen - 1, PageDown: chosen + page, PageUp: chosen - page, Home: 0, End: shown.length - 1 }[event.key];
    if (to !== undefined) { event.preventDefault(); choose(to); }
    if (event.key === "Enter" && event.target === at("grid")) open();
  }

  const by = (status) => data.rows.filter((row) => row.status === status).length;
  const total = data.rows.length, ended = total - by("waiting");
  at("counts").textContent = `${ended} of ${total} cases ended: ${by("done")} done, ${by("refused")} refused, ${by("set aside")} set aside; ${by("waiting")} waiting. ${data.patients.length} patients compared.`;
  at("notice").textContent = `${data.notice} Version ${data.version}.`;
  head();
  for (const id of ["status", "side", "modality"]) choices(id, data.rows.map((row) => row[id] || "not known"));
  for (const id of ["find", "least", "most"]) at(id).addEventListener("input", refresh);
  at("first").addEventListener("change", () => { order = at("first").checked ? { column: columns.length - 1, down: true } : order; refresh(); });
  at("filters").addEventListener("submit", (event) => event.preventDefault());
  at("window").addEventListener("scroll", draw, { passive: true });
  at("grid").addEventListener("keydown", keys);
  window.addEventListener("resize", draw);
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !(event.target instanceof HTMLInputElement)) { event.preventDefault(); at("find").focus(); }
  });
  refresh();
  document.documentElement.dataset.drawnMs = Math.round(performance.now());
})();
