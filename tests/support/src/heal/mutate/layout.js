// Changes to where things stand: order, wrappers, cards for tables, two steps for one form.

const changeOrder = () => {
  for (const form of targetForms()) {
    const blocks = blocksOf(form);
    const places = blocks.filter((block) => isFieldBlock(block) && !block.querySelector("button"));
    const marks = places.map((block) => {
      const mark = make("span");
      block.replaceWith(mark);
      return mark;
    });
    const order = drawing("fields of " + form.getAttribute("action")).shuffled(places);
    // An order that happens to be the old one is no change.
    if (order.every((block, at) => block === places[at])) order.reverse();
    marks.forEach((mark, at) => mark.replaceWith(order[at]));
  }
  const rows = new Set(allElements("button", "row", "link").map((element) => element.parentElement));
  for (const row of rows) {
    const buttons = [...row.children].filter((child) => child.matches("button, a, input[type=submit], form, details, div"));
    if (buttons.length > 1 && buttons.length === row.children.length) row.append(...buttons.reverse());
  }
  for (const list of document.querySelectorAll("main tbody, main ul")) list.append(...drawing("rows").shuffled([...list.children]));
  const main = document.querySelector("main");
  const sections = main ? [...main.children].filter((child) => child.matches("section, table, form")) : [];
  const last = sections.at(-1);
  if (sections.length > 1 && last) sections[0].before(last);
};

const wrap = () => {
  const draw = drawing("wrap");
  const around = (element, tag) => {
    if (element.parentElement.matches("tr, table, thead, tbody, ul, ol, dl, select, details, nav")) return;
    for (let depth = 1 + draw.below(4); depth > 0; depth--) {
      const wrapper = make(tag);
      element.before(wrapper);
      wrapper.append(element);
    }
  };
  for (const element of TARGETS.flatMap((target) => target.elements)) if (element.isConnected) around(element, draw.flip() ? "div" : "span");
  for (const form of targetForms()) {
    for (const block of blocksOf(form)) around(block, "div");
    around(form, "div");
  }
  for (const element of document.querySelectorAll("h1, main > table")) around(element, "div");
};

const tableToCards = () => {
  for (const table of document.querySelectorAll("table")) {
    const heads = [...table.querySelectorAll("thead th")].map((head) => flat(head.textContent));
    const tag = drawing("card").one(["article", "div", "li"]);
    const cards = make(tag === "li" ? "ul" : "div", { class: "entry-cards" });
    for (const row of table.tBodies[0]?.rows ?? []) {
      const card = make(tag, { class: "entry-card" });
      [...row.cells].forEach((cell, at) => {
        const said = heads[at] ? [make("span", { class: "entry-head" }, heads[at] + ": ")] : [];
        card.append(make("div", { class: "entry-cell" }, ...said, ...cell.childNodes));
      });
      cards.append(card);
      // Whatever the page's own script hides is hidden still.
      card.hidden = row.hidden;
      new MutationObserver(() => (card.hidden = row.hidden)).observe(row, { attributes: true, attributeFilter: ["hidden"] });
    }
    table.replaceWith(cards);
  }
  for (const list of document.querySelectorAll("main ul:not(.entry-cards), main ol")) {
    if (list.closest("nav") || list.children.length < 3) continue;
    const rows = [...list.children].map((item) => make("tr", {}, ...[...item.children].map((child) => make("td", {}, child))));
    list.replaceWith(make("table", {}, make("tbody", {}, ...rows)));
  }
  for (const form of targetForms()) {
    for (const block of blocksOf(form)) {
      const controls = controlsIn(block);
      const label = controls[0]?.labels?.[0];
      if (controls.length !== 1 || block.matches("fieldset, label") || !label || label.contains(controls[0]) || block.querySelector("button")) continue;
      const rest = [...block.childNodes].filter((node) => node !== label && !node.contains(label));
      if (!block.contains(label) || label.parentElement !== block) continue;
      block.replaceWith(make("dl", { class: "entry-field" }, make("dt", {}, label), make("dd", {}, ...rest)));
    }
  }
  style(`.entry-cards { display: flex; flex-wrap: wrap; gap: 12px; padding: 0; list-style: none; }
    .entry-card { display: block; border: 1px solid #bbb; border-radius: 8px; padding: 10px 14px; min-width: 220px; background: #fff; }
    .entry-card[hidden] { display: none; }
    .entry-head { color: #666; font-size: 12px; }
    .entry-field { display: grid; grid-template-columns: 34% 1fr; gap: 8px; margin: 6px 0; align-items: start; }
    .entry-field dd { margin: 0; } .entry-field input:not([type=checkbox]), .entry-field select, .entry-field textarea { padding: 6px; font: inherit; max-width: 100%; }`);
};

const splitInTwo = () => {
  for (const form of targetForms()) {
    const blocks = blocksOf(form);
    const fields = blocks.filter((block) => isFieldBlock(block) && !block.querySelector("button"));
    if (fields.length < 2) continue;
    const half = Math.ceil(fields.length / 2);
    const edge = blocks.indexOf(fields[half]);
    const first = blocks.slice(0, edge).filter((block) => block.localName !== "script");
    const second = blocks.slice(edge);
    const looks = form.querySelector("button")?.className ?? "";
    const next = make("button", { type: "button" }, small("next", "next word"));
    const back = make("button", { type: "button" }, small("back", "back word"));
    next.className = back.className = looks;
    const nextRow = make("div", {}, next);
    const backRow = make("div", {}, back);
    const label = make("p", {}, "1 / 2");
    const go = (to) => {
      const [shown, hidden] = to === 1 ? [[...first, nextRow], [...second, backRow]] : [[...second, backRow], [...first, nextRow]];
      hidden.forEach(hide);
      shown.forEach(show);
      label.textContent = to + " / 2";
    };
    // What is not filled in yet is told before it is out of sight.
    const valid = () => first.flatMap((block) => (block.matches("input, select, textarea") ? [block] : controlsIn(block))).every((control) => control.reportValidity());
    next.addEventListener("click", () => valid() && go(2));
    back.addEventListener("click", () => go(1));
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.target.localName !== "input" || nextRow.hidden) return;
      event.preventDefault();
      if (valid()) go(2);
    });
    form.prepend(label);
    first.at(-1).after(nextRow);
    (blocks.find((block) => !isFieldBlock(block) && block.querySelector("button, input[type=submit]") && second.includes(block)) ?? second.at(-1)).before(backRow);
    go(1);
  }
};
