// The pages of the desk. A page that stands here is held against WCAG, narrow screens and large text in both languages.

import { benign, built } from "./desk.js";
import { hostileMail } from "./hostile.js";

/** What the tests of all pages hand in before, by the name that addresses use. */
export const STORED = {
  malicious: built("emotet-autoopen-continued-doc.eml"),
  locked: built("saved-message-with-locked-zip.msg"),
  unverified: built("locked-zip-password-elsewhere.eml"),
  clean: benign("ja/kintaihyou.eml"),
  slides: benign("ja/setsumeikai-slides.eml"),
  hostile: { name: "hostile.eml", mimeType: "message/rfc822", buffer: hostileMail() },
};

/** Name, who reads it, and its address; `stored` has the address of each message of STORED. */
export const PAGES = [
  ["sign-in", "nobody", () => "/login"],
  ["queue", "administrator", () => "/"],
  ["queue of all", "administrator", () => "/?state=all&days=7"],
  ["queue with nothing", "administrator", () => "/?domain=nobody.example"],
  ["upload", "administrator", () => "/upload"],
  ["malicious message", "administrator", (stored) => stored.malicious],
  ["message with a password", "administrator", (stored) => stored.locked],
  ["unverified message", "administrator", (stored) => stored.unverified],
  ["clean message", "administrator", (stored) => stored.clean],
  ["slides", "administrator", (stored) => stored.slides],
  ["hostile message", "administrator", (stored) => stored.hostile],
  ["message for a viewer", "viewer", (stored) => stored.malicious],
  ["password", "administrator", () => "/password"],
  ["no such page", "administrator", () => "/nothing-here"],
  ["refused", "viewer", () => "/upload"],
  ["an act", "administrator", (stored) => `${stored.malicious}/decide/false-alarm`],
  ["texts", "administrator", (stored) => `${stored.malicious}/texts`],
  ["texts of a hostile mail", "administrator", (stored) => `${stored.hostile}/texts`],
  ["exceptions", "administrator", () => "/exceptions"],
  ["audit log", "administrator", () => "/audit"],
  ["accounts", "administrator", () => "/users"],
  ["search", "administrator", () => "/search?q=script"],
  ["search without words", "viewer", () => "/search"],
  ["campaign", "administrator", () => "/campaigns/1"],
  ["whom to warn", "administrator", () => "/exposure"],
  ["status", "administrator", () => "/status"],
  ["help", "viewer", () => "/help"],
];
