// Changes to what elements say: other words, Chinese, placeholders for labels, pictures for words.

// The words that an element had in the beginning: look-alikes are made after these.
const FIRST_WORDS = new Map();

const rememberWords = () => {
  for (const target of TARGETS) for (const element of target.elements) FIRST_WORDS.set(element, nameOf(element).toLowerCase());
};

const SAYING = "label, legend, button, a, h1, h2, h3, th, summary, input[type=submit], input[type=button]";

const reword = (chinese) => {
  const wanted = new Set(TARGETS.flatMap((target) => target.elements).flatMap((element) => [element, ...(element.labels ?? [])]));
  const other = (text, about) => {
    const found = WORDS[text.toLowerCase()];
    if (!found) return undefined;
    return chinese ? found[1] : drawing("reword/" + about.toLowerCase()).one(found[0]);
  };
  for (const element of document.querySelectorAll(SAYING)) {
    // Of what the task does not need, some words stay. The choices of a group are data and all stay.
    if (element.closest("option") || element.control?.type === "radio") continue;
    const text = element.localName === "input" ? flat(element.value) : ownText(element);
    const next = other(text, text);
    if (!next || !(chinese || wanted.has(element) || drawing("keep/" + text).flip(0.6))) continue;
    setText(element, next);
    if (flat(element.getAttribute("aria-label")) === text) element.setAttribute("aria-label", next);
  }
  for (const element of document.querySelectorAll("[aria-label], [placeholder], [title]")) {
    for (const name of ["aria-label", "placeholder", "title"]) {
      const next = element.hasAttribute(name) && other(flat(element.getAttribute(name)), element.getAttribute(name));
      if (next) element.setAttribute(name, next);
    }
  }
  // Words that the table does not have are at least not left as they were.
  for (const element of wanted) {
    const text = element.matches(SAYING) ? ownText(element) : "";
    const untouched = text && text.toLowerCase() === flat(FIRST_WORDS.get(element.control ?? element));
    const target = TARGETS.find((one) => one.elements.includes(element.control ?? element));
    if (untouched && target && !["pick", "radio"].includes(target.step) && !WORDS[text.toLowerCase()]) {
      setText(element, chinese ? "请" + text : (isButton(element) ? "Go: " : "Your ") + text);
    }
  }
  if (chinese) document.documentElement.lang = "zh-CN";
};

const placeholderForLabel = () => {
  const fields = targetForms().flatMap((form) => [...form.elements]).filter((element) => isText(element) && element.type !== "hidden");
  for (const field of fields) {
    const label = field.labels?.[0];
    if (!label || field.type === "date") continue;
    field.placeholder = ownText(label);
    if (label.contains(field)) label.replaceWith(field);
    else label.remove();
  }
};

const ICONS = [
  "M3 11 L21 3 L14 21 L11 13 Z",
  "M4 12 H20 M12 4 V20",
  "M4 17 L17 4 L20 7 L7 20 H4 Z",
  "M5 13 L10 18 L20 6",
  "M3 5 H6 L9 16 H19 L21 8 H7",
];

const icon = (about) => {
  const space = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(space, "svg");
  for (const [name, value] of Object.entries({ width: "18", height: "18", viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" })) picture.setAttribute(name, value);
  const line = document.createElementNS(space, "path");
  for (const [name, value] of Object.entries({ d: drawing(about).one(ICONS), fill: "none", stroke: "currentColor", "stroke-width": "2" })) line.setAttribute(name, value);
  picture.append(line);
  return picture;
};

const iconForWords = () => {
  const target = pick("icon", "button", "row", "link");
  for (const element of target?.elements ?? []) {
    if (!element.isConnected || element.localName === "input") continue;
    const name = nameOf(element);
    element.replaceChildren(icon("icon/" + target.css));
    element.setAttribute(drawing("icon name").flip() ? "aria-label" : "title", name);
  }
};
