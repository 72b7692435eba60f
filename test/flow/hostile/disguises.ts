import { jpegFile, pngChunk } from "../../support/image-bytes";
import { portrait } from "../../support/portraits";
import { segment, withChunks, withSegments } from "./files";
import type { HostileFile } from "./harness";

/** Files of two kinds at once, or of another kind than they claim. */
export async function disguises(): Promise<HostileFile[]> {
  const jpeg = await portrait("A", { width: 320 });
  const photo = await portrait("A", { width: 240, format: "png" });
  const html = Buffer.from("<html><script>alert(document.domain)</script></html>");
  const zip = Buffer.concat([Buffer.from("PK\x03\x04", "latin1"), Buffer.alloc(500, 7), Buffer.from("PK\x05\x06")]);
  return [
    { name: "a JPEG with a ZIP behind it", file: Buffer.concat([jpeg, zip]), expected: "accepted" },
    { name: "a JPEG with HTML in a comment", file: withSegments(jpeg, segment(0xfe, html)), expected: "accepted" },
    { name: "a JPEG with HTML behind it", file: Buffer.concat([jpeg, html]), expected: "accepted" },
    {
      name: "a PNG with HTML in a text chunk",
      file: withChunks(photo, [pngChunk("tEXt", Buffer.concat([Buffer.from("Comment\0"), html]))]),
      expected: "accepted",
      extension: "png",
    },
    { name: "HTML named as a photo", file: html, expected: "FORMAT_MISMATCH" },
    { name: "HTML before a JPEG", file: Buffer.concat([html, jpeg]), expected: "FORMAT_MISMATCH" },
    { name: "a PNG named .jpg", file: photo, expected: "FORMAT_MISMATCH", extension: "jpg" },
    { name: "a JPEG named .png", file: jpeg, expected: "FORMAT_MISMATCH", extension: "png" },
    { name: "a GIF named .jpg", file: Buffer.from("GIF89a\x01\x00\x01\x00"), expected: "FORMAT_MISMATCH" },
    { name: "a JPEG of three bytes", file: Buffer.from([0xff, 0xd8, 0xff]), expected: "FILE_CORRUPT" },
    { name: "a JPEG that is only a header", file: jpegFile({ width: 400, height: 400 }), expected: "FILE_CORRUPT" },
    { name: "a photo sent as text/html", file: jpeg, expected: "accepted", contentType: "text/html" },
    { name: "a photo sent without a type", file: jpeg, expected: "accepted", contentType: "" },
    { name: "a photo of a script's type", file: jpeg, expected: "accepted", contentType: 'x/y; a="<script>"' },
  ];
}
