// What holds for every page, whatever it says.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Opens what is folded, so that nothing escapes the checks. */
export const unfold = (page) =>
  page.evaluate(() => document.querySelectorAll("main details").forEach((fold) => { fold.open = true; }));

/** axe-core finds nothing against WCAG 2.2 AA. */
export async function accessible(page, what) {
  await page.evaluate(AXE);
  const found = await page.evaluate((values) => axe.run({ runOnly: { type: "tag", values } }), TAGS);
  const shown = found.violations.map((rule) => `${rule.id}: ${rule.help}: ${rule.nodes.map((node) => node.html).slice(0, 3)}`);
  assert.deepEqual(shown, [], what);
}

/** Nothing has to be scrolled sideways, and no text is cut off. */
export async function fits(page, what) {
  const found = await page.evaluate(() => {
    const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
    const edge = document.documentElement.clientWidth + 1;
    const sticks = (element) => element.getBoundingClientRect().right > edge && !element.closest(".preview, .code, .hidden, .skip, .queue thead");
    const cut = (element) => {
      const style = getComputedStyle(element);
      const isHidden = style.clipPath !== "none" || element.closest(".hidden, .skip, thead");
      return style.overflowY === "hidden" && !isHidden && element.scrollHeight > element.clientHeight + 1;
    };
    const name = (element) => `${element.tagName}.${element.className} “${element.textContent.trim().slice(0, 40)}”`;
    const elements = [...document.body.querySelectorAll("*")].filter((element) => element.checkVisibility());
    return { wide, sticks: elements.filter(sticks).map(name).slice(0, 5), cut: elements.filter(cut).map(name).slice(0, 5) };
  });
  assert.deepEqual(found, { wide: 0, sticks: [], cut: [] }, what);
}

/** Stands within the screen as the page opens. */
export async function inView(locator, what) {
  const box = await locator.boundingBox();
  const { width, height } = locator.page().viewportSize();
  assert.ok(box && box.y >= 0 && box.y + box.height <= height && box.x >= 0 && box.x + box.width <= width,
    `${what}: ${JSON.stringify(box)} in ${width}×${height}`);
}
