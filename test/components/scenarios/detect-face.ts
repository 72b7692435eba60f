import { failure, faults, format, photo, result, shown, type StepScenario } from "./shared";

const good = {
  Confidence: 99.9,
  BoundingBox: { Left: 0.3, Top: 0.2, Width: 0.4, Height: 0.5 },
  Quality: { Brightness: 80, Sharpness: 80 },
  Pose: { Yaw: 1, Pitch: 2, Roll: 3 },
};
const detected = (name: string, ends: string, ...faces: unknown[]): StepScenario => ({
  name,
  input: { photo, format },
  answers: { "Rekognition.detectFaces": [result({ FaceDetails: faces })] },
  ends,
});
export const detectFaceScenarios: readonly StepScenario[] = [
  detected("one good face", "output", good),
  detected("no face", "NO_FACE"),
  detected("two faces", "MULTIPLE_FACES", good, good),
  detected("a small face", "FACE_TOO_SMALL", {
    ...good,
    BoundingBox: { Left: 0, Top: 0, Width: 0.01, Height: 0.01 },
  }),
  detected("a dark face", "FACE_TOO_DARK", { ...good, Quality: { Brightness: 1, Sharpness: 80 } }),
  detected("a blurred face", "FACE_BLURRED", { ...good, Quality: { Brightness: 80, Sharpness: 1 } }),
  detected("a face turned away", "FACE_TURNED_AWAY", { ...good, Pose: { Yaw: 80, Pitch: 0, Roll: 0 } }),
  detected("sunglasses", "SUNGLASSES", { ...good, Sunglasses: { Value: true, Confidence: 99 } }),
  detected("a covered face", "FACE_COVERED", { ...good, FaceOccluded: { Value: true, Confidence: 99 } }),
  {
    name: "a file that Rekognition cannot read",
    input: { photo, format },
    answers: { "Rekognition.detectFaces": [failure("InvalidImageFormatException")] },
    ends: "FILE_CORRUPT",
  },
  {
    name: "a file that Rekognition finds too large",
    input: { photo, format },
    answers: { "Rekognition.detectFaces": [failure("ImageTooLargeException")] },
    ends: "FILE_TOO_LARGE",
  },
  ...shown({ photo }, { "Rekognition.detectFaces": [result({ FaceDetails: [good] })] }),
  ...faults({ photo, format }, "Rekognition.detectFaces"),
];
