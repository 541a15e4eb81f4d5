// The page of a message: the answer first, what to do, the preview, paper.

import assert from "node:assert/strict";
import test from "node:test";
import { SCREENS, benign, built, stage } from "./desk.js";
import { fits, inView, unfold } from "./looks.js";

let malicious, locked, clean, slides;
const desk = stage(async (it) => {
  malicious = await it.upload(built("emotet-autoopen-continued-doc.eml"));
  locked = await it.upload(built("locked-zip-password-elsewhere.eml"));
  clean = await it.upload(benign("ja/zaiko-database.eml"));
  slides = await it.upload(benign("ja/setsumeikai-slides.eml"));
});

const ANSWERS = {
  en: [/^. Dangerous: very likely a virus mail\. Do not open the attachment\.$/, /^. Nothing suspicious was found \(this is no guarantee\)\.$/],
  ja: [/^. 危険：ウイルスメールの可能性が高いです。添付ファイルは開かないでください。$/, /^. 不審な点は見つかりませんでした（安全を保証するものではありません）。$/],
};

for (const [lang, [dangerous, nothing]] of Object.entries(ANSWERS)) {
  for (const viewport of SCREENS) {
    test(`the answer stands on the first screen: ${lang}, ${viewport.width} px`, async () => {
      const page = await desk.page("administrator", { lang, viewport });
      await page.goto(malicious);
      assert.match(await page.locator("h1").innerText(), dangerous);
      await inView(page.locator("h1"), "the answer");
      await inView(page.locator(".why"), "why");
      await inView(page.locator(".situations legend"), "what to do now");
      await inView(page.locator("#p-unopened li").first(), "the first step");
      await page.goto(clean);
      assert.match(await page.locator("h1").innerText(), nothing);
      await inView(page.locator(".steps:visible"), "before it is opened");
    });
  }
}

test("no answer promises safety, calls a machine infected or names an option of the command line", async () => {
  for (const lang of ["en", "ja"]) {
    const page = await desk.page("administrator", { lang });
    for (const address of [malicious, locked, clean, slides]) {
      await page.goto(address);
      // The locked sample has the usual password of such files.
      const files = await page.locator(".exports").innerText();
      const text = (await page.locator("main").innerText()).replace(files, "");
      assert.doesNotMatch(text, /\bis safe\b|\binfected\b|安全です|感染しています|undefined|\{\}|--password/, address);
    }
  }
});

test("what to do changes with what has happened, without any script", async () => {
  const page = await desk.page("administrator", { javaScriptEnabled: false });
  await page.goto(malicious);
  for (const situation of ["opened", "enabled", "typed", "unopened"]) {
    await page.locator(`label[for=s-${situation}]`).click();
    for (const other of ["unopened", "opened", "enabled", "typed"]) {
      assert.equal(await page.locator(`#p-${other}`).isVisible(), other === situation, `${situation}: ${other}`);
    }
  }
});

test("the arrow keys choose what has happened", async () => {
  const page = await desk.page();
  await page.goto(malicious);
  await page.locator("#s-unopened").focus();
  await page.keyboard.press("ArrowRight");
  assert.equal(await page.locator("#p-opened").isVisible(), true);
  assert.equal(await page.locator("#p-unopened").isVisible(), false);
  const outline = await page.locator("label[for=s-opened]").evaluate((label) => getComputedStyle(label).outlineStyle);
  assert.equal(outline, "solid");
});

test("a mail without anything suspicious asks nobody whether a macro was enabled", async () => {
  const page = await desk.page();
  await page.goto(clean);
  assert.equal(await page.locator(".situations label").count(), 0);
});

test("the preview is text: mail, cells and slides, and nothing to press", async () => {
  const page = await desk.page("administrator", { lang: "ja" });
  await page.goto(slides);
  assert.match(await page.locator(".preview").first().innerText(), /集団指導の資料を送付します。/);
  await page.locator("summary", { hasText: "その1" }).last().click();
  assert.match(await page.locator(".preview:visible").nth(1).innerText(), /\S/);
  for (const address of [malicious, clean, slides]) {
    await page.goto(address);
    await unfold(page);
    assert.equal(await page.locator(".preview :is(a, img, form, input, button, iframe, object, script)").count(), 0);
  }
});

test("the date is told with its weekday", async () => {
  for (const [lang, told] of [["en", /Wed 14 Nov 2018, \d\d:12/], ["ja", /2018年11月14日（水）\d+:12/]]) {
    const page = await desk.page("administrator", { lang });
    await page.goto(malicious);
    assert.match(await page.locator("#about + dl").innerText(), told);
  }
});

test("a click marks the whole of a value", async () => {
  const page = await desk.page();
  await page.goto(malicious);
  const value = page.locator("#indicators ~ dl .pick").first();
  await value.click();
  assert.equal(await page.evaluate(() => getSelection().toString()), await value.innerText());
});

test("the language is switched on the page and stays", async () => {
  const page = await desk.page();
  await page.goto(malicious);
  await page.getByRole("link", { name: "日本語" }).click();
  assert.equal(new URL(page.url()).pathname, malicious);
  assert.equal(await page.locator("html").getAttribute("lang"), "ja");
  assert.match(await page.locator("h1").innerText(), /危険/);
  await page.goto("/");
  assert.match(await page.locator("h1").innerText(), /受付一覧/);
});

test("on paper everything to do stands, and nothing to press", async () => {
  // The width of A4 without its margins, in CSS pixels.
  const page = await desk.page("administrator", { viewport: { width: 680, height: 1000 } });
  await page.goto(malicious);
  await page.emulateMedia({ media: "print" });
  for (const situation of ["unopened", "opened", "enabled", "typed"]) {
    assert.equal(await page.locator(`#p-${situation}`).isVisible(), true, situation);
  }
  for (const pressed of [".bar", ".situations label", ".next"]) {
    assert.equal(await page.locator(pressed).first().isVisible(), false, pressed);
  }
  await fits(page, "on paper");
  const paper = await page.pdf({ preferCSSPageSize: true });
  assert.match(paper.toString("latin1"), /\/MediaBox \[0 0 59[45](\.\d+)? 84[12](\.\d+)?\]/);
});
