// From an empty machine to the first answer: the printed link, the account, an upload; then signing in.

import assert from "node:assert/strict";
import test from "node:test";
import { PASSWORD, benign, built, stage } from "./desk.js";
import { accessible, fits, inView } from "./looks.js";

const desk = stage();

test("the set-up page is readable in both languages", async () => {
  for (const lang of ["en", "ja"]) {
    const page = await desk.page("nobody", { lang, viewport: { width: 320, height: 640 } });
    await page.goto(desk.desk.setup);
    assert.equal(await page.locator("html").getAttribute("lang"), lang);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      await accessible(page, `${lang}, ${colorScheme}`);
    }
    await fits(page, lang);
  }
});

test("before there is an account, signing in tells where the link is", async () => {
  const page = await desk.page("nobody");
  await page.goto("/");
  assert.match(await page.locator("main").innerText(), /no account yet.*link that tenpu printed/);
});

test("passwords that differ are refused, and the link still works", async () => {
  const page = await desk.page("nobody");
  await page.goto(desk.desk.setup);
  await page.locator("#name").fill("山田");
  await page.locator("#password").fill(PASSWORD);
  await page.locator("#again").fill(`${PASSWORD}!`);
  await page.locator("main button").click();
  assert.match(await page.getByRole("alert").innerText(), /two passwords differ/);
  assert.equal(await page.locator("#name").inputValue(), "山田");
});

test("the link, an account, the first upload and its answer", async () => {
  const page = await desk.page("nobody", { lang: "ja" });
  await desk.setUp(page);
  await page.locator("#file").setInputFiles(built("emotet-autoopen-continued-doc.eml"));
  await page.locator("main form button").click();
  await page.waitForURL("**/messages/*");
  assert.match(await page.locator("h1").innerText(), /危険：ウイルスメールの可能性が高いです。/);
  await inView(page.locator("h1"), "the answer");
});

test("the link works once", async () => {
  const page = await desk.page("nobody");
  await page.goto(desk.desk.setup);
  assert.match(await page.getByRole("alert").innerText(), /no longer holds/);
});

test("a wrong password is told where it was typed", async () => {
  const page = await desk.page("nobody");
  await page.goto("/login");
  await page.locator("#name").fill("山田");
  await page.locator("#password").fill("not the password");
  await page.locator("main button").click();
  assert.match(await page.getByRole("alert").innerText(), /Name or password is wrong/);
  assert.equal(await page.locator("#name").inputValue(), "山田");
  assert.equal(await page.evaluate(() => document.activeElement.id), "password");
  assert.match(await page.locator("#password").evaluate((field) => document.getElementById(field.getAttribute("aria-describedby")).innerText), /wrong/);
  await accessible(page, "a refused sign-in");
});

test("signing in leads to the page that was asked for, signing out ends it", async () => {
  const page = await desk.page("nobody");
  await page.goto("/upload");
  await page.waitForURL(/\/login\?to=/);
  await page.locator("#name").fill("山田");
  await page.locator("#password").fill(PASSWORD);
  await page.locator("main button").click();
  await page.waitForURL("**/upload");
  await page.locator(".account summary").click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.goto("/upload");
  assert.match(page.url(), /\/login\?to=/);
});

test("a file is dropped on the page", async () => {
  const page = await desk.page();
  await page.goto("/upload");
  const file = await page.evaluateHandle(() => {
    const data = new DataTransfer();
    data.items.add(new File(["Subject: dropped\r\nFrom: a@b.example\r\n\r\nMeeting at ten.\r\n"], "dropped.eml"));
    return data;
  });
  await page.dispatchEvent("#drop", "dragover", { dataTransfer: file });
  assert.match(await page.locator("#drop").getAttribute("class"), /over/);
  await page.dispatchEvent("#drop", "drop", { dataTransfer: file });
  await page.waitForURL("**/messages/*");
  assert.match(await page.locator("#about + dl").innerText(), /dropped\.eml/);
});

test("a mail saved by Outlook, a ZIP's password from the mail, and one that is typed", async () => {
  const page = await desk.page();
  await desk.upload(built("saved-message-with-locked-zip.msg"), page);
  assert.match(await page.locator("h1").innerText(), /Dangerous/);
  const reveal = page.locator(".passwords .reveal").first();
  assert.equal(await reveal.locator(".pick").isVisible(), false);
  await reveal.locator("summary").click();
  assert.equal(await reveal.locator(".pick").innerText(), "kaigi#2022");

  await page.goto("/upload");
  await page.locator("#file").setInputFiles(benign("en/zip-with-password.eml"));
  await page.locator("#known").fill("not the one");
  await page.locator("main form button").click();
  await page.waitForURL("**/messages/*");
  assert.match(await page.locator("h1").innerText(), /Nothing suspicious/);
});

test("no file, no answer", async () => {
  const page = await desk.page();
  await page.goto("/upload");
  await page.locator("main form button").click();
  assert.equal(await page.locator("#file").evaluate((field) => field.validity.valueMissing), true);
  assert.match(page.url(), /\/upload$/);
});
