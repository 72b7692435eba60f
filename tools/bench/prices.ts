/**
 * The only price table: US dollars, AWS's public list prices without any free tier, for ap-southeast-1 (Singapore) if
 * regions differ, as of 2026-03. Update changed prices here.
 */
export const prices = {
  /** Step Functions Standard, a state transition; a retry is one too. */
  transition: 0.000025,
  /** Lambda on arm64, a GB-second and an invocation. */
  gbSecond: 0.0000133334,
  invocation: 0.0000002,
  /** Rekognition, a call of DetectFaces, IndexFaces, SearchFaces or SearchFacesByImage (group 1, first million). */
  rekognitionCall: 0.001,
  /** Rekognition, a face stored for a month. */
  faceMonth: 0.00001,
  /** DynamoDB on demand, a write and a strongly consistent read of up to 1 and 4 KB. */
  dynamodbWrite: 0.00000071,
  dynamodbRead: 0.000000142,
  /** S3 Standard, a PUT, POST or LIST and a GET. */
  s3Put: 0.000005,
  s3Get: 0.0000004,
  /** SNS, an e-mail. */
  snsEmail: 0.00002,
  /** EventBridge, an event of the AWS services: free; a request of the HTTP API. */
  httpRequest: 0.00000125,
  /** CloudWatch Logs, a GB ingested. */
  logGb: 0.7,
} as const;
