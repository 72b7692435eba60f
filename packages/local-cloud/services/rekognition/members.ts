import type { Members } from "../../gateway/members";

const IMAGE = { Bytes: true, S3Object: { Bucket: true, Name: true, Version: true } } as const;
const PAGE = { MaxResults: true, NextToken: true } as const;
const SEARCH = { CollectionId: true, MaxFaces: true, FaceMatchThreshold: true } as const;

/** The input members of each operation of Rekognition. */
export const members: Readonly<Record<string, Members>> = {
  CreateCollection: { CollectionId: true, Tags: true },
  DeleteCollection: { CollectionId: true },
  DeleteFaces: { CollectionId: true, FaceIds: true },
  DescribeCollection: { CollectionId: true },
  DetectFaces: { Image: IMAGE, Attributes: true },
  IndexFaces: {
    CollectionId: true,
    Image: IMAGE,
    ExternalImageId: true,
    DetectionAttributes: true,
    MaxFaces: true,
    QualityFilter: true,
  },
  ListCollections: PAGE,
  ListFaces: { CollectionId: true, FaceIds: true, ...PAGE },
  SearchFaces: { FaceId: true, ...SEARCH },
  SearchFacesByImage: { Image: IMAGE, QualityFilter: true, ...SEARCH },
};
