import { createHash } from "node:crypto";

import { Crc32, Crc32c, Crc64Nvme } from "@aws-sdk/checksums/crc";

export const checksumAlgorithms = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const;

export type ChecksumAlgorithm = (typeof checksumAlgorithms)[number];

/** A checksum of an object or part. */
export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Over all bytes, or over the checksums of the parts of a multipart upload. */
  readonly type: "FULL_OBJECT" | "COMPOSITE";
  /** Base64; a composite one ends in `-` and the number of parts. */
  readonly value: string;
}

export interface Hasher {
  update(data: Uint8Array): void;
  /** Base64. */
  digest(): Promise<string>;
}

export function hasherOf(algorithm: ChecksumAlgorithm): Hasher {
  switch (algorithm) {
    case "CRC32":
      return encoded(new Crc32());
    case "CRC32C":
      return encoded(new Crc32c());
    case "CRC64NVME":
      return encoded(new Crc64Nvme());
    case "SHA1":
    case "SHA256": {
      const hash = createHash(algorithm);
      return { update: (data) => void hash.update(data), digest: () => Promise.resolve(hash.digest("base64")) };
    }
  }
}

function encoded(crc: { update(data: Uint8Array): void; digest(): Promise<Uint8Array> }): Hasher {
  return {
    update: (data) => crc.update(data),
    digest: async () => Buffer.from(await crc.digest()).toString("base64"),
  };
}

/** `x-amz-checksum-crc32` and the like. */
export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`;
}

/** The element of an XML answer: `ChecksumCRC32` and the like. */
export function checksumElement(algorithm: ChecksumAlgorithm): string {
  return `Checksum${algorithm}`;
}

/** The algorithm of a checksum header, or of an algorithm's name in either case. */
export function algorithmOf(name: string): ChecksumAlgorithm | undefined {
  const bare = name.replace(/^x-amz-checksum-/i, "").toUpperCase();
  return checksumAlgorithms.find((algorithm) => algorithm === bare);
}

/** The checksum of a multipart object from those of its parts: the checksum of their bytes, `-`, their number. */
export async function compositeOf(algorithm: ChecksumAlgorithm, parts: readonly string[]): Promise<string> {
  const hasher = hasherOf(algorithm);
  for (const part of parts) hasher.update(Buffer.from(part, "base64"));
  return `${await hasher.digest()}-${String(parts.length)}`;
}

/** Passes chunks through, and returns their checksum after the end. Without an algorithm there is none. */
export function withChecksum(chunks: AsyncIterable<Buffer>, algorithm: ChecksumAlgorithm | undefined) {
  const hasher = algorithm && hasherOf(algorithm);
  async function* hashed(): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      hasher?.update(chunk);
      yield chunk;
    }
  }
  return {
    chunks: hashed(),
    checksum: async (): Promise<Checksum | undefined> =>
      algorithm && hasher && { algorithm, type: "FULL_OBJECT", value: await hasher.digest() },
  };
}
