// The order of the changes: what is said comes first, for the rest is made after it; ids and classes come last.

const CHANGES = [
  ["text-reworded", () => has("renamed-chinese") || reword(false)],
  ["renamed-chinese", () => reword(true)],
  ["decoy-added", addDecoys],
  ["target-removed", () => removeTarget(false)],
  ["target-removed-decoy-added", () => removeTarget(true)],
  ["label-for-placeholder", placeholderForLabel],
  ["icon-button", iconForWords],
  // Before anything that keeps hold of elements of the page.
  ["tags-changed", changeTags],
  ["moved-to-menu", moveToMenu],
  ["order-changed", changeOrder],
  ["table-to-cards", tableToCards],
  ["split-over-two-pages", splitInTwo],
  ["wrapped", wrap],
  ["noise-added", addNoise],
  ["style-changed", changeStyle],
  ["attributes-changed", changeAttributes],
  ["ids-renamed", renameIds],
  ["classes-renamed", renameClasses],
];

const run = () => {
  findTargets();
  rememberWords();
  for (const [kind, change] of CHANGES) if (has(kind)) change();
};

// Nothing of this stays in the page: who looks at it sees another page, and not that it was changed.
const own = document.currentScript;
const once = Symbol.for("redesigned");
if (!document[once]) {
  Object.defineProperty(document, once, { value: true });
  if (own || document.readyState !== "loading") run();
  else document.addEventListener("DOMContentLoaded", run, { once: true });
  // A script that was put in as a string by another one's element is that one's to remove.
  if (own && own.textContent.includes("CONFIG")) own.remove();
}
