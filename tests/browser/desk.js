// A running `tenpu desk` on an empty machine, and a browser in front of it that notes whatever must not happen.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { after, afterEach, before } from "node:test";
import { chromium } from "playwright-core";

const ROOT = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), "../..");
const PROGRAM = process.env.TENPU ?? path.join(ROOT, "target/release/tenpu");
const CASES = process.env.TENPU_CASES ?? path.join(ROOT, "target/browser-cases");
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
export const PASSWORD = "four words in a row";

/** Widths that people have: a desk's screen and a phone. */
export const SCREENS = [{ width: 1280, height: 800 }, { width: 390, height: 844 }];
export const LOCALES = { en: "en-GB", ja: "ja-JP" };

/** A mail that a recipe of tests/cases makes. */
export const built = (name) => path.join(CASES, name);
/** A mail as people send it. */
export const benign = (name) => path.join(ROOT, "samples-benign", name);

class Desk {
  /** Starts it in a folder of its own, on a port that is free. */
  async start() {
    this.folder = await mkdtemp(path.join(tmpdir(), "tenpu-browser-"));
    const env = { XDG_DATA_HOME: this.folder };
    this.child = spawn(PROGRAM, ["desk", "--listen", "127.0.0.1:0"], { env, stdio: ["ignore", "pipe", "inherit"] });
    for await (const line of createInterface({ input: this.child.stdout })) {
      this.address ??= line.match(/http:\/\/[^/]+/)?.[0];
      this.setup = line.match(/\S+\/setup\?\S+/)?.[0];
      if (this.setup) return;
    }
    throw new Error(`${PROGRAM} desk printed no link`);
  }

  /** Adds an account from the terminal. */
  async addUser(name, role) {
    const env = { XDG_DATA_HOME: this.folder };
    const child = spawn(PROGRAM, ["desk", "user", "add", name, "--role", role], { env, stdio: ["pipe", "ignore", "inherit"] });
    child.stdin.end(`${PASSWORD}\n`);
    const code = await new Promise((resolve) => child.on("close", resolve));
    assert.equal(code, 0, `the account ${name} is made`);
  }

  async stop() {
    const gone = new Promise((resolve) => this.child.on("close", resolve));
    this.child.kill();
    await gone;
    await rm(this.folder, { recursive: true });
  }
}

/** What one file of tests plays on: one desk, one browser, a fresh context for every page. */
class Stage {
  desk = new Desk();
  /** Cookies of those who have signed in, by role. */
  sessions = { nobody: undefined };
  contexts = [];
  wrong = [];

  async open() {
    await this.desk.start();
    this.browser = await this.launch();
  }

  launch(flags = []) {
    return chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", ...flags] });
  }

  /** Makes the administrator by the printed link. */
  async setUp(page) {
    await page.goto(this.desk.setup);
    await page.locator("#name").fill("山田");
    await page.locator("#password").fill(PASSWORD);
    await page.locator("#again").fill(PASSWORD);
    await page.locator("main button").click();
    await page.waitForURL("**/upload");
    this.sessions.administrator = await page.context().storageState();
  }

  async signIn(page, name) {
    await page.goto(`${this.desk.address}/login`);
    await page.locator("#name").fill(name);
    await page.locator("#password").fill(PASSWORD);
    await page.locator("main button").click();
    await page.waitForURL(`${this.desk.address}/`);
  }

  /** An account of a role, whose cookies `page` then takes. */
  async account(name, role) {
    await this.desk.addUser(name, role);
    const page = await this.page("nobody");
    await this.signIn(page, name);
    this.sessions[role] = await page.context().storageState();
  }

  /** A page of somebody; what must never happen on it is noted. */
  async page(who = "administrator", { lang = "en", browser = this.browser, ...options } = {}) {
    const context = await browser.newContext({
      locale: LOCALES[lang], viewport: SCREENS[0], baseURL: this.desk.address, storageState: this.sessions[who], ...options,
    });
    this.contexts.push(context);
    const page = await context.newPage();
    page.setDefaultTimeout(120_000);
    page.on("dialog", (dialog) => { this.wrong.push(`a dialog: ${dialog.message()}`); return dialog.dismiss(); });
    page.on("pageerror", (error) => this.wrong.push(`a script failed: ${error}`));
    page.on("popup", (popup) => this.wrong.push(`a window opened: ${popup.url()}`));
    page.on("console", (line) => {
      // A refusal is what some tests ask for.
      const refused = /Failed to load resource.* (401|403|404|422|429) /.test(line.text());
      if (line.type() !== "log" && !refused) this.wrong.push(`console: ${line.text()}`);
    });
    page.on("request", (request) => {
      if (!request.url().startsWith(`${this.desk.address}/`)) this.wrong.push(`asked for ${request.url()}`);
    });
    return page;
  }

  /** Hands in a file as a person does; answers the address of its page. */
  async upload(file, page) {
    const used = page ?? await this.page();
    await used.goto("/upload");
    await used.locator("#file").setInputFiles(file);
    await used.locator("main form button").click();
    await used.waitForURL("**/messages/*");
    return new URL(used.url()).pathname;
  }

  async tidy() {
    for (const context of this.contexts.splice(0)) await context.close();
    assert.deepEqual(this.wrong.splice(0), [], "what a page must not do");
  }

  async close() {
    await this.browser?.close();
    await this.desk.stop();
  }
}

/** A stage for the tests of a file; `prepare` runs once on the desk that has an administrator. */
export function stage(prepare) {
  const it = new Stage();
  before(async () => {
    await it.open();
    if (!prepare) return;
    await it.setUp(await it.page("nobody"));
    await prepare(it);
    await it.tidy();
  });
  afterEach(() => it.tidy());
  after(() => it.close());
  return it;
}
