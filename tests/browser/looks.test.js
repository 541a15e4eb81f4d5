// Every page of the table: WCAG 2.2 AA, a narrow phone, large text.

import { mkdir } from "node:fs/promises";
import test from "node:test";
import { LOCALES, SCREENS, stage } from "./desk.js";
import { accessible, fits, unfold } from "./looks.js";
import { PAGES, STORED } from "./pages.js";

const stored = {};
const desk = stage(async (it) => {
  await it.account("見る人", "viewer");
  for (const [name, file] of Object.entries(STORED)) stored[name] = await it.upload(file);
});

for (const [name, who, address] of PAGES) {
  test(`${name}: WCAG 2.2 AA, light and dark, and 320 pixels, in both languages`, async () => {
    for (const lang of Object.keys(LOCALES)) {
      const page = await desk.page(who, { lang });
      await page.goto(address(stored));
      await unfold(page);
      for (const colorScheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme });
        await accessible(page, `${lang}, ${colorScheme}`);
      }
      await page.setViewportSize({ width: 320, height: 640 });
      await fits(page, `${lang}, 320 pixels`);
    }
  });
}

test("text of twice the size fits", async (t) => {
  const large = await desk.launch(["--blink-settings=defaultFontSize=32,defaultFixedFontSize=26"]);
  t.after(() => large.close());
  for (const [name, who, address] of PAGES) {
    for (const lang of Object.keys(LOCALES)) {
      const page = await desk.page(who, { lang, browser: large });
      await page.goto(address(stored));
      await unfold(page);
      await fits(page, `${name}, ${lang}`);
    }
  }
});

// For people who want to see them: TENPU_SHOTS=FOLDER leaves a picture of every page.
test("pictures", { skip: !process.env.TENPU_SHOTS }, async () => {
  await mkdir(process.env.TENPU_SHOTS, { recursive: true });
  for (const lang of Object.keys(LOCALES)) {
    for (const viewport of SCREENS) {
      for (const [name, who, address] of PAGES) {
        const page = await desk.page(who, { lang, viewport });
        await page.goto(address(stored));
        for (const colorScheme of ["light", "dark"]) {
          await page.emulateMedia({ colorScheme });
          const file = `${name.replaceAll(" ", "-")}.${lang}.${viewport.width}.${colorScheme}.png`;
          await page.screenshot({ path: `${process.env.TENPU_SHOTS}/${file}`, fullPage: true });
        }
        await page.close();
      }
    }
  }
});
