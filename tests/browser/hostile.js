// A mail with attempts to break out of a page in every field that a page shows.

export const HOSTILE =
  "<script>alert(1)</script>\" onmouseover=\"alert(2)\" autofocus onfocus='alert(3)' {{7*7}} \u202egpj.exe\u001b[31m</bdi></title></textarea></style><img src=x onerror=alert(4)><svg onload=alert(5)>";

const word = (text) => `=?utf-8?b?${Buffer.from(text).toString("base64")}?=`;

const HTML = `<html><body onload="alert(6)"><script>alert(7)</script><img src=http://evil.example/x.png onerror=alert(8)>
<a href="javascript:alert(9)">read</a> <a href="http://evil.example/a">here</a> <form action="http://evil.example/"><input autofocus onfocus=alert(10)></form>
<iframe srcdoc="<script>alert(11)</script>"></iframe> &lt;script&gt;alert(12)&lt;/script&gt; ${HOSTILE}</body></html>`;

export function hostileMail() {
  const name = `filename*=utf-8''${encodeURIComponent(HOSTILE).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)}`;
  const lines = [
    `Received: from ${HOSTILE} by ${HOSTILE}; ${HOSTILE}`,
    `Subject: ${word(HOSTILE)}`,
    `From: ${word(HOSTILE)} <"${word(HOSTILE)}"@evil.example>`,
    `Reply-To: ${word(HOSTILE)} <x@other.test>`,
    `To: ${word(HOSTILE)} <a@b.example>`,
    `Message-ID: <${HOSTILE}>`,
    `X-Mailer: ${word(HOSTILE)}`,
    "MIME-Version: 1.0",
    "Content-Type: multipart/mixed; boundary=edge",
    "",
    "--edge",
    "Content-Type: text/plain; charset=utf-8",
    "",
    HOSTILE,
    "http://evil.example/a javascript:alert(13)",
    "--edge",
    "Content-Type: text/html; charset=utf-8",
    "",
    HTML,
    "--edge",
    "Content-Type: text/csv; charset=utf-8",
    `Content-Disposition: attachment; ${name}.csv`,
    "",
    `"${HOSTILE.replaceAll('"', '""')}",2`,
    "=HYPERLINK(\"javascript:alert(14)\"),<script>alert(15)</script>",
    "--edge",
    "Content-Type: application/octet-stream",
    `Content-Disposition: attachment; ${name}.vbs`,
    "",
    `CreateObject("WScript.Shell").Run "cmd /c echo ${HOSTILE} http://evil.example/b.exe"`,
    `' ${HOSTILE}`,
    "--edge--",
    "",
  ];
  return Buffer.from(lines.join("\r\n"));
}
