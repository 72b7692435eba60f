import type { Letter } from "./letter";

/** The parts of one message. */
export interface Envelope {
  readonly from: string;
  readonly to: string;
  readonly letter: Letter;
  /** A JPEG, shown in the letter. */
  readonly picture?: Uint8Array | undefined;
  readonly date: Date;
  /** Unique to the message, letters and digits only: it separates the parts. */
  readonly boundary: string;
}

/**
 * The message in MIME (RFC 2045 to 2049): text and HTML as alternatives, and the picture related to the HTML. Every
 * part is in base64, so that no line is too long and no character needs escaping.
 */
export function mimeOf({ from, to, letter, picture, date, boundary }: Envelope): Buffer {
  const html = part("text/html; charset=utf-8", Buffer.from(letter.html));
  const shown =
    picture === undefined
      ? html
      : multipart("related", `${boundary}r`, [
          html,
          part("image/jpeg", picture, ["Content-ID: <avatar>", 'Content-Disposition: inline; filename="avatar.jpg"']),
        ]);
  const body = multipart("alternative", `${boundary}a`, [
    part("text/plain; charset=utf-8", Buffer.from(letter.text)),
    shown,
  ]);
  const head = [
    `From: ${oneLine(from)}`,
    `To: ${oneLine(to)}`,
    `Subject: ${encodedWords(letter.subject)}`,
    `Date: ${date.toUTCString().replace("GMT", "+0000")}`,
    "MIME-Version: 1.0",
    // Keeps out-of-office replies away.
    "Auto-Submitted: auto-generated",
  ];
  return Buffer.from(`${head.join("\r\n")}\r\n${body}\r\n`);
}

function part(type: string, content: Uint8Array, more: readonly string[] = []): string {
  const base64 = Buffer.from(content).toString("base64").replace(/.{76}/g, "$&\r\n");
  return [`Content-Type: ${type}`, "Content-Transfer-Encoding: base64", ...more, "", base64].join("\r\n");
}

function multipart(kind: string, boundary: string, parts: readonly string[]): string {
  return (
    `Content-Type: multipart/${kind}; boundary="${boundary}"\r\n\r\n` +
    parts.map((each) => `--${boundary}\r\n${each}\r\n`).join("") +
    `--${boundary}--`
  );
}

/** A header's text in encoded words (RFC 2047): at most 75 characters each, and no character cut in two. */
function encodedWords(text: string): string {
  const words: string[] = [];
  let word = "";
  for (const character of oneLine(text)) {
    // 42 bytes become 56 characters of base64, with 12 around them and "Subject: " in front.
    if (Buffer.byteLength(word + character) > 42) {
      words.push(word);
      word = "";
    }
    word += character;
  }
  words.push(word);
  return words.map((each) => `=?UTF-8?B?${Buffer.from(each).toString("base64")}?=`).join("\r\n ");
}

/** A line break in a header would start another header. */
function oneLine(text: string): string {
  return text.replace(/[\r\n]+/g, " ");
}
