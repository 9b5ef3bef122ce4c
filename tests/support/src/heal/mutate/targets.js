// Changes to what the task needs: it is gone, has a look-alike, or is in a menu.

// A press tells the server, as a wrong action would. Where a page's policy forbids that, a form does.
const pressDecoy = (said) => {
  const fields = new URLSearchParams({ pressed: said });
  fetch("/decoy", { method: "POST", body: fields }).catch(() => {
    const form = make("form", { method: "post", action: "/decoy" }, make("input", { type: "hidden", name: "pressed", value: said }));
    document.body.append(form);
    form.submit();
  });
};

const decoyWords = (element, kind) => {
  const now = nameOf(element);
  if (has("renamed-chinese")) return now + CHINESE_DECOY[kind];
  return now + " " + (DECOY_ENDINGS[FIRST_WORDS.get(element)] ?? (kind === "button" ? "later" : "of the deputy"));
};

const decoyButton = (element, at) => {
  const said = decoyWords(element, "button");
  const decoy = make("button", { type: "button" }, said);
  decoy.className = element.className;
  decoy.addEventListener("click", (event) => {
    event.preventDefault();
    pressDecoy(said);
  });
  if (drawing("decoy side " + at).flip()) element.before(decoy);
  else element.after(decoy);
};

// Without a name attribute: it looks like a field and is not sent.
const decoyField = (element) => {
  const said = decoyWords(element, "field");
  const copy = element.cloneNode(true);
  for (const name of ["name", "required", "aria-describedby", "aria-label", "autocomplete", "form"]) copy.removeAttribute(name);
  copy.id = "extra-" + hash(said).toString(36);
  if ("checked" in copy) copy.checked = false;
  if (isText(copy)) copy.value = "";
  const label = element.labels?.[0];
  const text = label ? make("label", { for: copy.id }, said) : "";
  if (label) text.className = label.className;
  else if (isText(copy)) copy.placeholder = said;
  const block = blockOf(element);
  // Where a row is a list item or the like, the extra one is such too.
  const row = make(block === element ? "div" : block.localName);
  row.className = block === element ? "" : block.className;
  row.append(...(element.type === "checkbox" && label && !(label.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING) ? [copy, text] : [text, copy]));
  if (drawing("decoy field side").flip()) block.before(row);
  else block.after(row);
};

const remove = (element) => {
  const labels = [...(element.labels ?? [])];
  const hints = flat(element.getAttribute("aria-describedby")).split(" ").map((id) => id && document.getElementById(id));
  const block = blockOf(element);
  // A look-alike has its own block, and a block of the page's own may hold more than a field.
  const alone = block !== element && !element.matches("a, button, [role=button]") && !block.querySelector("button, a");
  for (const node of alone ? [block] : [element, ...labels, ...hints.filter(Boolean)]) node.remove();
};

const addDecoys = () => {
  const button = pick("decoy button", "button", "row", "link");
  (button?.elements ?? []).forEach((element, at) => decoyButton(element, at));
  for (const element of pick("decoy field", "field", "select", "check")?.elements ?? []) decoyField(element);
};

const removeTarget = (withDecoy) => {
  const steps = ["button", "row", "field", "select", "check", ...(withDecoy ? [] : ["radio"])];
  const target = pick("removed", ...steps);
  (target?.elements ?? []).forEach((element, at) => {
    if (withDecoy && ["button", "row"].includes(target.step)) decoyButton(element, at);
    else if (withDecoy) decoyField(element);
    remove(element);
  });
};

const moveToMenu = () => {
  const target = pick("menu", "button", "row", "link");
  const draw = drawing("menu look");
  const details = draw.flip();
  const takeAlong = draw.flip();
  (target?.elements ?? []).forEach((element, at) => {
    if (!element.isConnected) return;
    const said = small("more", "menu word");
    const place = make("span");
    element.before(place);
    // Sometimes the next button of the same row goes along, as in a real menu.
    const next = takeAlong && element.nextElementSibling?.matches("button, a") ? [element.nextElementSibling] : [];
    const items = make("div", { id: `menu-${hash(target.css).toString(36)}-${at}` }, element, ...next);
    items.style.setProperty("padding", "6px 0");
    if (details) {
      place.replaceWith(make("details", {}, make("summary", {}, said), items));
      return;
    }
    const opener = make("button", { type: "button", "aria-haspopup": "true", "aria-expanded": "false", "aria-controls": items.id }, said);
    opener.className = element.className;
    hide(items);
    opener.addEventListener("click", () => {
      const opens = items.hidden;
      opens ? show(items) : hide(items);
      opener.setAttribute("aria-expanded", String(opens));
    });
    place.replaceWith(make("div", {}, opener, items));
  });
};
