import { AvatarPipeline } from "avatar-pipeline";

const avatars = new AvatarPipeline("avatars", {
  notifications: { failureEmails: ["registry@school.example"] },
  // For a trial: `pulumi destroy` removes everything.
  retention: { keepData: false },
});

export const uploadPage = avatars.siteUrl;
export const photoBucket = avatars.photoBucket.bucket;
