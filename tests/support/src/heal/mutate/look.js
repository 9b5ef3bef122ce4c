// Changes below what a person reads: tags, ids, classes, attributes, looks, and things that have nothing to do with the task.

// The old element stays whole, out of the page: its listeners are what a press is handed on to.
const pressable = (element) => {
  const stand = make("div", { role: "button", tabindex: "0" }, ...element.childNodes);
  stand.className = element.className;
  for (const { name, value } of element.attributes) if (name.startsWith("aria-") || name === "id" || name === "title") stand.setAttribute(name, value);
  const press = () => element.click();
  stand.style.setProperty("display", "inline-block");
  stand.addEventListener("click", press);
  stand.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    press();
  });
  return stand;
};

const otherTag = (element) => {
  if (element.localName === "a") {
    const button = make("button", { type: "button" }, ...element.childNodes);
    button.className = element.className;
    for (const { name, value } of element.attributes) if (name !== "href" && name !== "class") button.setAttribute(name, value);
    const to = element.href;
    button.addEventListener("click", () => location.assign(to));
    return button;
  }
  if (element.localName === "button" && element.type === "submit" && element.form) {
    if (element.querySelector("svg")) return undefined;
    const input = make("input", { type: "submit", value: flat(element.textContent) });
    for (const { name, value } of element.attributes) if (name !== "type" && name !== "value") input.setAttribute(name, value);
    return input;
  }
  return element.localName === "button" ? pressable(element) : undefined;
};

const changeTags = () => {
  for (const element of allElements("button", "row", "link")) {
    const other = otherTag(element);
    if (!other) continue;
    element.replaceWith(other);
    replaceTarget(element, other);
  }
  const others = { section: "div", article: "section", h1: "h2", h2: "h3", h3: "h4", p: "div" };
  for (const element of document.querySelectorAll("section, article, h1, h2, p, main div, form div, header div")) {
    // What has an id or a state of its own may be held by a script of the page.
    if (element.id || element.hidden || element.hasAttribute("role") || element.style.length > 0 || element.closest("dl")) continue;
    const tag = others[element.localName] ?? (element.parentElement.matches("div, main, form, section") && !element.matches(".entry-cell") ? "section" : undefined);
    if (!tag) continue;
    const other = make(tag, {}, ...element.childNodes);
    for (const { name, value } of element.attributes) other.setAttribute(name, value);
    element.replaceWith(other);
  }
};

const fresh = (about, old) => {
  const draw = drawing(about + "/" + old);
  const part = () => draw.one(["ui", "box", "main", "cell", "item", "app", "panel", "form", "part", "row", "view", "node"]);
  return `${part()}-${part()}-${hash(CONFIG.seed + about + old).toString(36)}`;
};

const renameIds = () => {
  const known = new Map();
  for (const element of document.querySelectorAll("[id]")) {
    if (!element.id) continue;
    known.set(element.id, fresh("id", element.id));
    element.id = known.get(element.id);
  }
  const renamed = (text) => text.split(/\s+/).map((id) => known.get(id) ?? id).join(" ");
  const names = ["for", "form", "list", "headers", "aria-labelledby", "aria-describedby", "aria-controls", "aria-owns", "aria-activedescendant", "aria-details", "aria-flowto", "aria-errormessage", "popovertarget", "commandfor"];
  for (const name of names) {
    for (const element of document.querySelectorAll(`[${name}]`)) element.setAttribute(name, renamed(element.getAttribute(name)));
  }
  for (const link of document.querySelectorAll('a[href^="#"]')) link.setAttribute("href", "#" + (known.get(link.hash.slice(1)) ?? link.hash.slice(1)));
  rewriteRules(/#([A-Za-z_][\w-]*)/g, (old) => known.get(old), "#");
};

// Rules are changed in place, so that a page looks as before.
const rewriteRules = (pattern, other, sign) => {
  const walk = (rules) => {
    for (const rule of rules) {
      if (rule.selectorText) rule.selectorText = rule.selectorText.replace(pattern, (whole, old) => (other(old) ? sign + other(old) : whole));
      if (rule.cssRules) walk(rule.cssRules);
    }
  };
  for (const sheet of [...document.styleSheets, ...document.adoptedStyleSheets]) {
    try {
      walk(sheet.cssRules);
    } catch (error) {
      // The rules of another origin can't be read; then the page loses some of its looks and nothing else.
      if (error.name !== "SecurityError") throw error;
    }
  }
};

const renameClasses = () => {
  const other = (old) => fresh("class", old);
  for (const element of document.querySelectorAll("[class]")) {
    const classes = flat(element.getAttribute("class"));
    if (classes) element.setAttribute("class", classes.split(" ").map(other).join(" "));
  }
  rewriteRules(/\.([A-Za-z_][\w-]*)/g, other, ".");
};

const changeAttributes = () => {
  const draw = drawing("attributes");
  const flag = draw.one(["data-testid", "data-qa", "data-track", "data-component"]);
  const touched = [...document.querySelectorAll("button, a, input, select, textarea, form, section")].filter((element) => element.type !== "hidden");
  touched.forEach((element, at) => {
    for (const { name, value } of [...element.attributes]) {
      if (!name.startsWith("data-")) continue;
      element.removeAttribute(name);
      element.setAttribute(name + "-v2", value);
    }
    element.setAttribute(flag, "x" + hash(element.localName + at).toString(36));
    element.removeAttribute("autocomplete");
    if (element.matches("form, section")) return;
    const name = nameOf(element);
    if (element.hasAttribute("aria-label") && element.matches("input:not([type=submit]), select, textarea")) {
      // The same name from a text that only a screen reader is told.
      const id = "name-" + hash(name + at).toString(36);
      const text = make("span", { id }, name);
      for (const [key, value] of Object.entries({ position: "absolute", width: "1px", height: "1px", overflow: "hidden", "clip-path": "inset(50%)" })) text.style.setProperty(key, value);
      element.before(text);
      element.removeAttribute("aria-label");
      element.setAttribute("aria-labelledby", id);
    } else if (!element.hasAttribute("aria-label") && !element.hasAttribute("aria-labelledby") && name && draw.flip(0.7)) {
      element.setAttribute("aria-label", name);
    }
    if (isButton(element) && draw.flip()) element.setAttribute("tabindex", "0");
    if (isText(element) && draw.flip()) element.setAttribute("spellcheck", "false");
  });
  document.body.setAttribute("data-build", hash("build").toString(16));
};

const changeStyle = () => {
  const draw = drawing("style");
  const [hue, size] = [draw.below(360), draw.one([13, 15, 17, 19])];
  style(`body { background: hsl(${hue} 40% ${draw.one([12, 94, 98])}%) !important; font: ${size}px/1.6 ${draw.one(["serif", "sans-serif", "monospace"])} !important; }
    main, main > section, [role=dialog], form { background: hsl(${hue} 30% 97%) !important; color: #111 !important; }
    h1 { font-size: ${size * 2}px !important; text-align: ${draw.one(["center", "right", "left"])}; }
    button, input[type=submit], form a { border-radius: ${draw.one([0, 4, 22])}px !important; padding: ${draw.one([4, 10, 16])}px 20px !important; background: hsl(${(hue + 150) % 360} 60% 35%) !important; color: #fff !important; ${draw.flip() ? "float: right;" : ""} }
    form label { display: block; font-size: ${size - 2}px; letter-spacing: ${draw.one([0, 1, 2])}px; text-transform: ${draw.one(["none", "none", "capitalize"])}; }
    input, select, textarea { border: 2px solid hsl(${hue} 50% 50%) !important; background: #fff !important; color: #111 !important; max-width: ${draw.one([240, 360, 560])}px; }
    header { flex-direction: ${draw.one(["row-reverse", "row"])} !important; }
    main { margin-left: ${draw.one([0, 20, 60])}px !important; }
    td, th { padding: ${draw.one([3, 9, 14])}px !important; }`);
};

const addNoise = () => {
  const draw = drawing("noise");
  const chinese = has("renamed-chinese");
  const say = (english, other) => (chinese ? other : english);
  const close = (box, word) => {
    const button = make("button", { type: "button" }, word);
    button.addEventListener("click", () => box.remove());
    return button;
  };
  const header = document.querySelector("header");
  if (header) {
    header.style.setProperty("position", "sticky");
    header.style.setProperty("top", "0");
    header.style.setProperty("z-index", "1");
  }
  const banner = make("div", { role: "region", "aria-label": say("Notice", "通知") }, make("p", {}, say("Planned work on Sunday from 02:00 to 04:00. Some pages may be slow.", "周日凌晨两点到四点维护。")));
  banner.append(close(banner, say("Got it", "知道了")));
  banner.style.setProperty("padding", "6px 20px");
  const cookies = make("div", { role: "region", "aria-label": say("Cookies", "隐私") }, make("p", {}, say("We use cookies to make this site better.", "本网站使用小型文本文件。")));
  cookies.append(close(cookies, say("Accept all", "全部接受")), " ", close(cookies, say("Only what is necessary", "仅必要")));
  const promotion = make("section", {}, make("h2", {}, say("What is new", "新功能")), make("p", {}, say("Try the app on your phone. It takes a minute to set up.", "试试我们的手机应用。")), make("a", { href: "#app" }, say("Get the app", "下载应用")));
  const links = [["Pricing", "价格"], ["Blog", "博客"], ["Careers", "招聘"], ["Partners", "合作伙伴"], ["Status page", "状态"]];
  const list = make("ul", {}, ...draw.shuffled(links).map(([english, other]) => make("li", {}, make("a", { href: "#" + english.toLowerCase().replace(" ", "-") }, say(english, other)))));
  const nav = make("nav", { "aria-label": say("More pages", "更多页面") }, list);
  document.body.prepend(banner);
  // At the end of the page and in its flow: it covers nothing.
  document.body.append(nav, cookies);
  const main = document.querySelector("main");
  if (main) draw.flip() ? main.prepend(promotion) : main.append(promotion);
};
