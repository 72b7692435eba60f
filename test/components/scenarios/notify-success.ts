import { avatarRow, faults, photo, result, uploadRow, type StepScenario } from "./shared";

export const notifySuccessScenarios: readonly StepScenario[] = [
  {
    name: "an accepted photo",
    input: { photo },
    answers: { "DynamoDB.getItem": [result({ Item: avatarRow() }), result({ Item: uploadRow() })] },
    ends: "output",
  },
  { name: "a student who was erased meanwhile", input: { photo }, answers: {}, ends: "AvatarGone" },
  ...faults({ photo }, "DynamoDB.getItem"),
];
