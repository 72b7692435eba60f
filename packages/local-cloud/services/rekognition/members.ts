import type { Members } from "../../gateway/members";

const image = { Bytes: true, S3Object: { Bucket: true, Name: true, Version: true } } as const;
const page = { MaxResults: true, NextToken: true } as const;
const search = { CollectionId: true, MaxFaces: true, FaceMatchThreshold: true } as const;

/** The input members of each operation of Rekognition. */
export const members: Readonly<Record<string, Members>> = {
  CreateCollection: { CollectionId: true, Tags: true },
  DeleteCollection: { CollectionId: true },
  DeleteFaces: { CollectionId: true, FaceIds: true },
  DescribeCollection: { CollectionId: true },
  DetectFaces: { Image: image, Attributes: true },
  IndexFaces: {
    CollectionId: true,
    Image: image,
    ExternalImageId: true,
    DetectionAttributes: true,
    MaxFaces: true,
    QualityFilter: true,
  },
  ListCollections: page,
  ListFaces: { CollectionId: true, FaceIds: true, ...page },
  SearchFaces: { FaceId: true, ...search },
  SearchFacesByImage: { Image: image, QualityFilter: true, ...search },
};
