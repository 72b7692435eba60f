/** The kinds of photo that the pipeline accepts: content types by the file's extension in lower case. */
const contentTypes = { jpg: "image/jpeg", jpeg: "image/jpeg", png: "image/png" } as const;

export type PhotoExtension = keyof typeof contentTypes;
export type PhotoContentType = (typeof contentTypes)[PhotoExtension];

export function isPhotoExtension(extension: string): extension is PhotoExtension {
  return Object.hasOwn(contentTypes, extension);
}

export function contentTypeOf(extension: PhotoExtension): PhotoContentType {
  return contentTypes[extension];
}

/** The extension of a file's name in lower case, without the dot; empty if there is none. */
export function extensionOf(fileName: string): string {
  const dot = fileName.lastIndexOf(".");
  return dot < 0 ? "" : fileName.slice(dot + 1).toLowerCase();
}
