/** The package's public surface. */
export {
  SiteLocale,
  type AvatarPipelineArgs,
  type FaceArgs,
  type NotificationArgs,
  type RetentionArgs,
  type SiteArgs,
  type ThumbnailArgs,
  type UploadArgs,
} from "./args";
export { AvatarPipeline } from "./avatar-pipeline";
