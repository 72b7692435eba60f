import type { ConsoleSources } from "pulumi-local-cloud/console/sources";
import type { AvatarRow } from "../../../handlers/stores/avatars";
import type { UploadRow } from "../../../handlers/stores/uploads";

/** The sources of the general pages, and the program's pipelines. */
export interface AvatarSources extends ConsoleSources {
  readonly pipelines: readonly PipelineSource[];
}

/** One AvatarPipeline: the way to upload a photo, and the results. */
export interface PipelineSource {
  /** The component's name, unique in the program. */
  readonly name: string;
  readonly machineArn: string;
  readonly bucket: string;
  /** The students' page, if the pipeline has one. */
  readonly siteUrl?: string | undefined;
  readonly apiUrl?: string | undefined;
  /** One line for a shell that uploads a photo: `aws s3 cp photo.jpg s3://…/uploads/STUDENT_ID/photo.jpg …`. */
  readonly sampleCommand: string;
  /** Every row of the table of avatars, in any order. */
  avatars(): Promise<readonly AvatarRow[]>;
  /** Every row of the table of uploads, in any order. */
  uploads(): Promise<readonly UploadRow[]>;
  /** The bytes of a thumbnail, by its key in the bucket; undefined if there is none. */
  thumbnail(key: string): Promise<Uint8Array | undefined>;
}
