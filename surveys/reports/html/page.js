"use strict";
// Sorts tables, finds units, opens what a link leads to, draws what waits as JSON. The page reads without it.
(() => {
  const language = document.documentElement.lang;
  const words = JSON.parse(document.getElementById("words").textContent);
  const group = language === "vi" ? /\./g : /,/g;
  const made = (name, attributes = {}, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) if (value) element.setAttribute(key, value);
    element.append(...children);
    return element;
  };
  const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

  /** The first number of a cell as it is read in the language of the page; NaN where it holds words. */
  const number = (cell) => {
    const found = /[−+]?\d[\d.,]*/.exec(cell.textContent);
    return found ? parseFloat(found[0].replace("−", "-").replace(group, "").replace(",", ".")) : NaN;
  };

  /** Letters without tones and diacritics. */
  const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").replace(/[đĐ]/g, "d").toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ").trim();

  const mark = (cell, classes, style) => {
    if (!style) return;
    const whole = made("i");
    if (classes.includes("stack")) {
      whole.className = "parts";
      for (const part of style.split(",")) {
        const [shade, width] = part.split(" ");
        const drawn = made("i", { class: shade });
        drawn.style.setProperty("--w", width);
        whole.append(drawn);
      }
    } else {
      for (const part of style.split(";")) whole.style.setProperty(...part.split(":"));
    }
    cell.append(whole);
  };

  const row = ([key, name, anchor, said, ...cells]) => {
    const head = made("th", { scope: "row" }, anchor ? made("a", { href: `#${anchor}` }, name) : name);
    if (said) head.append(made("small", {}, said));
    const line = made("tr", { "data-key": key }, head);
    for (const cell of cells) {
      const [text, classes, style, place] = typeof cell === "string" ? [cell, "", "", ""] : cell;
      const drawn = made("td", { class: classes, "data-from": place }, text);
      mark(drawn, classes, style);
      line.append(drawn);
    }
    return line;
  };

  const waiting = new Map();
  const draw = (table) => {
    const rows = waiting.get(table);
    if (!rows) return;
    waiting.delete(table);
    table.tBodies[0].append(...JSON.parse(rows.textContent).map(row));
  };
  for (const rows of document.querySelectorAll("script[data-rows]")) {
    waiting.set(document.getElementById(rows.dataset.rows), rows);
  }
  if (waiting.size) {
    const seen = new IntersectionObserver((entries) => {
      for (const entry of entries) if (entry.isIntersecting) draw(entry.target);
    }, { rootMargin: "400px" });
    for (const table of waiting.keys()) seen.observe(table);
  }

  const sort = (head) => {
    const table = head.closest("table");
    draw(table);
    const up = head.getAttribute("aria-sort") !== "ascending";
    for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const of = head.dataset.sort === "number" ? number : (cell) => cell.textContent;
    const rows = [...table.tBodies[0].rows].map((line) => [of(line.cells[head.cellIndex]), line]);
    const last = (value) => (Number.isNaN(value) ? 1 : 0);
    const order = head.dataset.sort === "number" ? (a, b) => a - b : new Intl.Collator(language, { numeric: true }).compare;
    rows.sort(([a], [b]) => last(a) - last(b) || (last(a) ? 0 : up ? order(a, b) : order(b, a)));
    table.tBodies[0].append(...rows.map(([, line]) => line));
  };
  for (const head of document.querySelectorAll("th[data-sort]")) {
    // The words stay outside the button, which lies over them: a browser repeats no button on the next printed page.
    const button = made("button", { type: "button", "aria-label": `${[...head.childNodes].map((part) => part.textContent.trim()).join(" ")}: ${words.sort}` });
    button.addEventListener("click", () => sort(head));
    const small = head.querySelector("small");
    if (small) small.before(button);
    else head.append(button);
  }

  const units = new Map();
  for (const link of document.querySelectorAll("table.league a[href^='#u/']")) units.set(link.hash, link.textContent);
  for (const unit of document.querySelectorAll("details.unit")) {
    if (!units.has(`#${unit.id}`)) units.set(`#${unit.id}`, unit.querySelector("summary").textContent);
  }
  /** Tables with a row for each unit, found where units have no panel of their own; key and name of each row, drawn or not. */
  const unitTables = [...document.querySelectorAll("table.by-unit")];
  const unitRows = (table) => (waiting.has(table) ? JSON.parse(waiting.get(table).textContent)
    : [...table.tBodies[0].rows].map((line) => [line.dataset.key, line.cells[0].firstChild.textContent]));
  for (const table of unitTables) {
    for (const [key, name] of unitRows(table)) if (!key.endsWith("|")) units.set(`#u/${key.replace("|", "/")}`, name);
  }
  const list = [...units].map(([hash, name]) => ({ hash, name, plain: ` ${folded(name)}`, block: words.blocks[hash.split("/")[1]] }));
  const box = document.getElementById("q");
  const hits = document.getElementById("hits");
  const find = () => {
    const wanted = folded(box.value).split(" ").filter(Boolean);
    const found = wanted.length ? list.filter(({ plain }) => wanted.every((word) => plain.includes(word))) : [];
    const whole = ` ${wanted.join(" ")}`;
    const closeness = ({ plain }) => (plain === whole ? 2 : plain.includes(whole) ? 1 : 0);
    found.sort((a, b) => closeness(b) - closeness(a));
    hits.replaceChildren(...found.slice(0, 20).map(({ hash, name, block }) =>
      made("li", {}, made("a", { href: hash }, name, made("small", {}, block)))));
    document.getElementById("found").textContent = !wanted.length ? ""
      : found.length ? filled(words.found, { count: found.length }) : words.none_found;
  };
  if (list.length) {
    const form = document.getElementById("search");
    form.hidden = false;
    box.addEventListener("input", find);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      hits.querySelector("a")?.click();
    });
  }

  const results = new Map();
  const resultsOf = (block) => {
    if (!results.has(block)) {
      const waits = document.querySelector(`script[data-results="${CSS.escape(block)}"]`);
      results.set(block, waits && JSON.parse(waits.textContent));
    }
    return results.get(block);
  };
  const shown = (text) => {
    if (!text) return "–";
    const said = text.replace("-", "−");
    return language === "vi" ? said.replace(".", ",") : said;
  };
  /** The table of a unit of a large round. */
  const drawUnit = (hash) => {
    const [, block, unit] = hash.slice(1).split("/");
    const of = resultsOf(block);
    const place = document.getElementById("unit");
    if (!place || !of || !(unit in of.units)) return null;
    const name = units.get(hash) || unit;
    const place_of = of.columns.map((column) => made("th", { scope: "col", "data-column": column }, words.columns[column]));
    const table = made("table", { "data-table": of.table, class: "of-unit nodes" },
      made("caption", {}, made("span", {}, filled(words.of_unit, { unit: name }))),
      made("thead", {}, made("tr", {}, made("th", { scope: "col" }, words.columns.node), ...place_of)));
    const body = table.createTBody();
    of.units[unit].split(";").forEach((texts, k) => {
      if (!texts) return;
      const [code, label, depth] = of.nodes[k];
      const values = texts.split(",");
      const status = values[of.columns.length];
      const head = made("th", { scope: "row" }, `${code} ${label}`);
      if (status) head.append(made("small", {}, of.statuses[status]));
      body.append(made("tr", { "data-key": `${block}|${unit}|${code}`, class: `d${Math.min(depth, 3)}` }, head,
        ...of.columns.map((_, column) => made("td", {}, shown(values[column])))));
    });
    place.replaceChildren(made("h3", {}, name), made("div", { class: "box", tabindex: "0" }, table));
    return place;
  };

  /** The head of the row of a unit in a table of units. */
  const rowOfUnit = (hash) => {
    const key = hash.slice("#u/".length).replace("/", "|");
    const table = unitTables.find((one) => unitRows(one).some(([other]) => other === key));
    if (!table) return null;
    draw(table);
    for (const line of document.querySelectorAll("tr.hit")) line.classList.remove("hit");
    const line = [...table.tBodies[0].rows].find((one) => one.dataset.key === key);
    line.classList.add("hit");
    line.cells[0].tabIndex = -1;
    return line.cells[0];
  };

  const opened = () => {
    const hash = decodeURIComponent(location.hash);
    if (hash.length < 2) return;
    const target = document.getElementById(hash.slice(1)) || (hash.startsWith("#u/") && (drawUnit(hash) || rowOfUnit(hash)));
    if (!target) return;
    for (let element = target; element; element = element.parentElement) if (element.tagName === "DETAILS") element.open = true;
    target.scrollIntoView({ block: target.tagName === "TH" ? "center" : "start" });
    (target.tagName === "DETAILS" ? target.querySelector("summary") : target).focus({ preventScroll: true });
  };
  addEventListener("hashchange", opened);

  for (const unit of document.querySelectorAll("details.unit")) {
    const button = made("button", { type: "button", class: "print" }, words.print_unit);
    button.addEventListener("click", () => {
      unit.classList.add("chosen");
      document.body.classList.add("one");
      addEventListener("afterprint", () => {
        unit.classList.remove("chosen");
        document.body.classList.remove("one");
      }, { once: true });
      print();
    });
    unit.append(button);
  }

  let closed = [];
  addEventListener("beforeprint", () => {
    for (const table of [...waiting.keys()]) if (!table.closest(".screen")) draw(table);
    closed = [...document.querySelectorAll("details:not([open])")];
    for (const element of closed) element.open = true;
  });
  addEventListener("afterprint", () => {
    for (const element of closed) element.open = false;
  });

  const links = new Map([...document.querySelectorAll("nav details a")].map((link) => [link.hash.slice(1), link]));
  const watched = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      for (const link of links.values()) link.removeAttribute("aria-current");
      links.get(entry.target.id)?.setAttribute("aria-current", "true");
    }
  }, { rootMargin: "-10% 0px -80% 0px" });
  for (const section of document.querySelectorAll("main > section")) watched.observe(section);
  if (matchMedia("(max-width: 69.99rem)").matches) document.querySelector("nav details").open = false;
  opened();
})();
