import { S_CONSUMED, S_NEXT } from "./layout";
import { peek, poke, setI32, setU8, u8At } from "./memory";

/**
 * Copies entropy-coded bytes without their stuffing (a 0 after each ff) and backwards, so that later loads find the
 * next bits on top. Stops at a marker, or before an ff that ends the source.
 *
 * @param to the first byte's address; further bytes go to lower addresses
 * @returns the marker's second byte, or 0 at the end of the source; the counts are in the scan record
 */
export function unstuff(scan: i32, from: i32, length: i32, to: i32): i32 {
  const end = from + length;
  let at = from;
  let next = to;
  let marker = 0;
  while (at < end) {
    // Four bytes at once when none of them is ff: adding 1 to an ff, and only to it, carries out of its byte.
    while (at + 4 <= end) {
      const four = peek(at);
      if ((((four ^ -1) - 0x01010101) & four & -0x7f7f7f80) !== 0) break;
      const turned = (four << 24) | ((four & 0xff00) << 8) | ((four >>> 8) & 0xff00) | (four >>> 24);
      poke(next - 3, turned);
      next -= 4;
      at += 4;
    }
    if (at >= end) break;
    const byte = u8At(at);
    if (byte !== 0xff) {
      setU8(next, byte);
      next--;
      at++;
      continue;
    }
    if (at + 1 >= end) break;
    const second = u8At(at + 1);
    if (second === 0) {
      setU8(next, 0xff);
      next--;
      at += 2;
    } else if (second === 0xff) {
      at++;
    } else {
      marker = second;
      break;
    }
  }
  setI32(scan + S_CONSUMED, at - from);
  setI32(scan + S_NEXT, next);
  return marker;
}
