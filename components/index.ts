/** The package's public surface. */
export {
  SiteAccess,
  SiteLocale,
  type AuditArgs,
  type AvatarPipelineArgs,
  type EncryptionArgs,
  type ExistingArgs,
  type FaceArgs,
  type NotificationArgs,
  type RetentionArgs,
  type SiteArgs,
  type ThumbnailArgs,
  type UploadArgs,
} from "./args";
export { AvatarPipeline } from "./avatar-pipeline";
export type { AcceptedEvent, PipelineEvent, RefusedEvent } from "../handlers/contract/pipeline-event";
export type { ReasonCode } from "../handlers/contract/reasons";
export type { ThumbnailKeys } from "../handlers/contract/flow-data";
