// What all parts of the mutator stand on: drawing by a seed, the targets, and the blocks of a form.

const has = (kind) => CONFIG.kinds.includes(kind);

const hash = (text) => {
  let h = 2166136261;
  for (const c of text) h = Math.imul(h ^ c.codePointAt(0), 16777619);
  h = Math.imul(h ^ (h >>> 15), 2246822507);
  h = Math.imul(h ^ (h >>> 13), 3266489909);
  return (h ^ (h >>> 16)) >>> 0;
};

// The same for the same seed and subject, on whatever page: a redesign is one for the whole site.
const drawing = (about) => {
  let state = hash(CONFIG.seed + "/" + about);
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (end) => Math.floor(next() * end);
  const one = (list) => list[below(list.length)];
  const shuffled = (list) => {
    const out = [...list];
    for (let last = out.length - 1; last > 0; last--) {
      const at = below(last + 1);
      [out[last], out[at]] = [out[at], out[last]];
    }
    return out;
  };
  return { next, below, one, shuffled, flip: (chance = 0.5) => next() < chance };
};

const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
};

const flat = (text) => (text ?? "").replace(/\s+/g, " ").trim();

// A sheet of one's own is allowed where a page's policy forbids style elements.
const style = (css) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
};

const hide = (element) => {
  element.hidden = true;
  element.style.setProperty("display", "none", "important");
};

const show = (element) => {
  element.hidden = false;
  element.style.removeProperty("display");
};

const isButton = (element) => element.localName === "button" || (element.localName === "input" && ["submit", "button", "reset", "image"].includes(element.type));
const isText = (element) =>
  element.localName === "textarea" ||
  (element.localName === "input" && ["text", "email", "number", "search", "tel", "url", "password", "date"].includes(element.type));

// What is done with an element, for whoever gave selectors alone.
const stepOf = (element) => {
  if (isButton(element) || element.getAttribute("role") === "button") return "button";
  if (element.localName === "a") return "link";
  if (element.localName === "select") return "select";
  if (element.type === "checkbox") return "check";
  if (element.type === "radio") return "radio";
  return "field";
};

const onThisPage = ({ page }) => !page || (page === "/" ? location.pathname === "/" : location.pathname.startsWith(page));

// Elements are looked up once, before anything is changed; later changes keep the lists right.
const TARGETS = [];

const findTargets = () => {
  for (const target of CONFIG.targets) {
    const elements = onThisPage(target) ? [...document.querySelectorAll(target.css)] : [];
    TARGETS.push({ ...target, elements, step: target.step ?? (elements[0] ? stepOf(elements[0]) : undefined) });
  }
};

const allElements = (...steps) => TARGETS.filter((target) => steps.includes(target.step)).flatMap((target) => target.elements.filter((e) => e.isConnected));

// One target of the site for a kind of change; nothing where it is on another page. Without known pages each page has its own.
const pick = (about, ...steps) => {
  const known = TARGETS.filter((target) => steps.includes(target.step));
  const sites = CONFIG.targets.every((target) => target.step);
  const among = sites ? known : known.filter((target) => target.elements.length > 0);
  const target = among.length > 0 ? drawing(about).one(among) : undefined;
  return target && target.elements.length > 0 ? target : undefined;
};

const replaceTarget = (before, after) => {
  for (const target of TARGETS) target.elements = target.elements.map((element) => (element === before ? after : element));
};

const controlsIn = (node) =>
  [...node.querySelectorAll("input, select, textarea")].filter((element) => element.type !== "hidden" && !isButton(element));

const targetForms = () => [...new Set(allElements("field", "select", "check", "radio").map((element) => element.form).filter(Boolean))];

// The rows of a form as a person sees them: a label with its control, a group of radio buttons, the buttons, a heading.
const blocksOf = (form) => {
  const out = [];
  const open = (node) => {
    for (const child of [...node.children]) {
      if (child.type === "hidden") continue;
      const many = controlsIn(child).length > 1 && child.localName !== "fieldset" && !child.matches("table, dl");
      if (many) open(child);
      else out.push(child);
    }
  };
  open(form);
  return out;
};

const isFieldBlock = (block) => block.matches("input, select, textarea") || controlsIn(block).length > 0;

// The largest element that holds this control and no other.
const blockOf = (control) => {
  let block = control;
  while (block.parentElement && !block.parentElement.matches("form, fieldset, body, main, dl, td, section") && controlsIn(block.parentElement).length <= 1) {
    block = block.parentElement;
  }
  return block;
};

// The text that a label has of its own, without what is in a control inside of it.
const ownText = (label) => {
  const copy = label.cloneNode(true);
  for (const inner of copy.querySelectorAll("input, select, textarea, svg")) inner.remove();
  return flat(copy.textContent);
};

const nameOf = (element) => {
  const said = element.getAttribute("aria-label");
  if (said) return flat(said);
  if (element.labels?.length) return ownText(element.labels[0]);
  if (element.localName === "input" && isButton(element)) return element.value;
  return flat(element.textContent) || flat(element.title) || flat(element.placeholder);
};

// Changes what an element says and leaves the elements in it alone.
const setText = (element, text) => {
  if (element.localName === "input") {
    element.value = text;
    return;
  }
  const pieces = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE && flat(node.nodeValue));
  if (pieces.length === 0) element.prepend(text);
  pieces.forEach((piece, at) => (piece.nodeValue = at === 0 ? text : ""));
};
