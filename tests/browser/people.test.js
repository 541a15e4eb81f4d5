// Who uses no mouse, who may only read, and who means harm.

import assert from "node:assert/strict";
import test from "node:test";
import { PASSWORD, benign, built, stage } from "./desk.js";
import { HOSTILE, hostileMail } from "./hostile.js";
import { unfold } from "./looks.js";

let malicious, hostile;
const desk = stage(async (it) => {
  await it.account("見る人", "viewer");
  malicious = await it.upload(built("emotet-autoopen-continued-doc.eml"));
  await it.upload(built("xlm-exec-hidden-sheet-xls.eml"));
  hostile = await it.upload({ name: "hostile.eml", mimeType: "message/rfc822", buffer: hostileMail() });
});

/** What has the focus, and whether one sees that it has. */
const focused = (page) => page.evaluate(() => {
  const element = document.activeElement;
  const shown = element.matches(".situations input") ? element.nextElementSibling : element;
  const box = shown.getBoundingClientRect();
  const inView = box.bottom > 0 && box.top < innerHeight && box.width > 1;
  return { tag: element.tagName, text: shown.innerText?.slice(0, 40) ?? element.id, inView, outline: getComputedStyle(shown).outlineStyle };
});

test("from signing in to the reasons by the keyboard alone", async () => {
  const page = await desk.page("nobody");
  await page.goto("/login");
  await page.keyboard.type("山田");
  await page.keyboard.press("Tab");
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Enter");
  await page.waitForURL(`${desk.desk.address}/`);

  await page.keyboard.press("Tab");
  assert.equal((await focused(page)).text, "Skip to the content");
  await page.keyboard.press("Enter");
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  assert.equal((await focused(page)).text, "Re: Invoice 20181114");
  await page.keyboard.press("k");
  assert.equal((await focused(page)).text, "Overdue statement");
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.waitForURL(`**${malicious}`);
  const summary = page.locator(".reasons summary").first();
  await summary.focus();
  await page.keyboard.press("Enter");
  assert.equal(await page.locator(".reasons details").first().evaluate((fold) => fold.open), true);
});

test("/ leads to the search box, and typing there moves nothing", async () => {
  const page = await desk.page();
  await page.goto("/");
  await page.keyboard.press("/");
  await page.keyboard.type("jk/");
  assert.equal(await page.locator("#find").inputValue(), "jk/");
});

for (const [name, address] of [["queue", () => "/"], ["upload", () => "/upload"], ["message", () => malicious]]) {
  test(`${name}: every stop of the Tab key is seen`, async () => {
    const page = await desk.page();
    await page.goto(address());
    await page.evaluate(() => document.activeElement.blur());
    for (let stop = 0; stop < 80; stop += 1) {
      await page.keyboard.press("Tab");
      const { tag, text, inView, outline } = await focused(page);
      if (tag === "BODY") return;
      assert.ok(inView && outline !== "none", `${tag} ${text}: ${outline}, in view: ${inView}`);
    }
    assert.fail("the Tab key never leaves the page");
  });
}

test("a viewer reads and hands in nothing", async () => {
  const page = await desk.page("viewer");
  await page.goto(malicious);
  assert.match(await page.locator("h1").innerText(), /Dangerous/);
  assert.equal(await page.locator("a[href='/upload']").count(), 0);
  await page.locator(".account summary").click();
  assert.match(await page.locator(".account").innerText(), /viewer/);
  const answer = await page.goto("/upload");
  assert.equal(answer.status(), 403);
  assert.match(await page.getByRole("alert").innerText(), /Your role does not allow this/);
});

test("without script a file is handed in and the queue is read", async () => {
  const page = await desk.page("administrator", { javaScriptEnabled: false });
  await desk.upload(benign("en/invoice-pdf.eml"), page);
  assert.match(await page.locator("h1").innerText(), /Nothing suspicious/);
  await page.goto("/?state=all");
  assert.ok(await page.locator("a[data-row]").count() >= 4);
});

for (const lang of ["en", "ja"]) {
  test(`what a sender wrote is shown and does nothing: ${lang}`, async () => {
    const page = await desk.page("administrator", { lang });
    for (const address of [hostile, "/", "/?state=all&domain=%22%3E%3Cscript%3Ealert(1)%3C/script%3E", "/login?to=%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E"]) {
      await page.goto(address);
      await unfold(page);
      assert.match(await page.title(), /tenpu/);
      const odd = await page.evaluate(() => {
        const on = [...document.querySelectorAll("*")].filter((one) => [...one.attributes].some((name) => name.name.startsWith("on")));
        const made = document.querySelectorAll("main :is(script, img, svg, iframe, style, object)");
        const links = [...document.links].filter((link) => link.origin !== location.origin);
        return [...on, ...made, ...links].map((one) => one.outerHTML);
      });
      assert.deepEqual(odd, [], address);
      for (const value of await page.locator("main .pick:visible").all()) await value.hover();
    }
    await page.goto(hostile);
    const text = await page.locator("main").innerText();
    assert.ok(text.includes(HOSTILE.slice(0, 60)), "it is shown as it was written");
    assert.ok(text.includes("⟨U+202E⟩gpj.exe"), "what turns text round is shown by number");
    assert.doesNotMatch(text, /[\u202a-\u202e\u2066-\u2069]|https?:\/\/evil|javascript:alert/);
  });
}
