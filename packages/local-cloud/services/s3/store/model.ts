import type { CloudEvent } from "../../../gateway/service";
import type { Checksum } from "../wire/checksums";

/** The attributes that a client sends along with an object's bytes. */
export interface Attributes {
  /** Headers that are returned as they were sent, in lower case: `content-type`, `cache-control`, … */
  readonly headers: Readonly<Record<string, string>>;
  /** User metadata, without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly storageClass: string;
  readonly tags: Readonly<Record<string, string>>;
}

interface VersionHead {
  readonly key: string;
  /** `null` if the bucket has no versioning. */
  readonly versionId: string;
  /** Hexadecimal, and greater for the later of two changes. */
  readonly sequencer: string;
  /** Milliseconds since 1970, whole seconds. */
  readonly lastModified: number;
}

export interface StoredObject extends VersionHead, Attributes {
  readonly deleteMarker: false;
  readonly blob: string;
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  readonly checksum?: Checksum | undefined;
  /** Sizes of the parts of a multipart upload. */
  readonly parts?: readonly number[] | undefined;
  /** Checksums of the parts, base64, if all of them have one. */
  readonly partChecksums?: readonly string[] | undefined;
  /** The multipart upload that ended with this object. */
  readonly uploadId?: string | undefined;
}

export interface DeleteMarker extends VersionHead {
  readonly deleteMarker: true;
}

export type Version = StoredObject | DeleteMarker;

export interface Part {
  readonly number: number;
  readonly blob: string;
  readonly size: number;
  readonly etag: string;
  readonly checksum?: Checksum | undefined;
  readonly lastModified: number;
}

export interface MultipartUpload {
  readonly id: string;
  readonly bucket: string;
  readonly key: string;
  readonly initiated: number;
  readonly attributes: Attributes;
  readonly checksum?: Pick<Checksum, "algorithm" | "type"> | undefined;
}

/** One change, as the journal holds it. The same entry has the change's event: neither ever exists alone. */
export type Change =
  | {
      readonly do: "put";
      readonly bucket: string;
      readonly version: Version;
      /** The multipart upload that ends; written by earlier versions, now the version names it. */
      readonly completes?: string;
      readonly event?: CloudEvent;
    }
  | {
      readonly do: "remove";
      readonly bucket: string;
      readonly key: string;
      readonly versionId: string;
      readonly event?: CloudEvent;
    }
  | {
      readonly do: "tag";
      readonly bucket: string;
      readonly key: string;
      readonly versionId: string;
      readonly tags: Readonly<Record<string, string>>;
    }
  | { readonly do: "begin"; readonly upload: MultipartUpload }
  | { readonly do: "part"; readonly upload: string; readonly part: Part }
  | { readonly do: "abort"; readonly upload: string }
  | { readonly do: "event"; readonly event: CloudEvent }
  | { readonly do: "acknowledge"; readonly id: string };
