import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import { getAvatar } from "../../stores/avatars";
import { isUploadId } from "../../contract/keys";
import { isLocale, messageOf, type Locale } from "../../contract/reasons";
import { getUpload, type UploadRow } from "../../stores/uploads";
import type { StepState, StepStatus, UploadState } from "../../contract/api";
import { endpoint, refusal, type Endpoint } from "../http";
import { invitationOf, type Access } from "../invitation";
import { presignGet, type Signer } from "../presign";

export interface ReadStatusSettings {
  readonly uploadTable: string;
  readonly avatarTable: string;
  readonly photoBucket: string;
  /** The steps' names in order; those that run at the same time stand together. */
  readonly phases: readonly (readonly string[])[];
  readonly defaultLocale: Locale;
  readonly access: Access;
}

export interface ReadStatusClients {
  readonly dynamodb: Pick<DynamoDB, "getItem">;
  readonly signer: () => Signer;
  readonly now: () => Date;
}

/** Long enough for a slow line to load a picture, short enough that a link that got about is soon worth nothing. */
const linkSeconds = 300;

/**
 * `GET /uploads/{uploadId}`: the outcome of one upload. Its id is the key to it: 80 random bits that only the one who
 * asked for the upload has got. Where invitations are needed, the student's own is needed too; one that has expired
 * since still serves to learn the outcome.
 */
export function readStatus(settings: ReadStatusSettings, clients: ReadStatusClients): Endpoint {
  return endpoint("ReadStatus", settings.defaultLocale, async (request, locale) => {
    const invitation = invitationOf(request, settings.access);
    const uploadId = request.pathParameters?.["uploadId"] ?? "";
    if (!isUploadId(uploadId)) throw refusal("upload-not-found");
    const row = await getUpload(clients.dynamodb, settings.uploadTable, uploadId);
    const isOthers = invitation !== undefined && row?.studentId !== invitation.studentId;
    if (row === undefined || isOthers) throw refusal("upload-not-found");
    const asked = request.queryStringParameters?.["locale"];
    const readerLocale = isLocale(asked) ? asked : isLocale(row.locale) ? row.locale : locale;
    const avatar = row.status === "accepted" ? await avatarOf(settings, clients, row) : undefined;
    const state: UploadState = {
      status: row.status,
      steps: stepsOf(row, settings.phases),
      ...(row.reason === undefined ? {} : { reason: row.reason, message: messageOf(row.reason, readerLocale) }),
      ...(avatar === undefined ? {} : { avatar }),
    };
    return { status: 200, body: state, uploadId };
  });
}

async function avatarOf(
  settings: ReadStatusSettings,
  clients: ReadStatusClients,
  row: UploadRow,
): Promise<UploadState["avatar"]> {
  const avatar = await getAvatar(clients.dynamodb, settings.avatarTable, row.studentId);
  if (avatar?.uploadId !== row.uploadId) return undefined;
  const signer = clients.signer();
  const link = (key: string) => presignGet(signer, settings.photoBucket, key, linkSeconds, clients.now());
  return {
    thumbnails: Object.fromEntries(Object.entries(avatar.thumbnails).map(([size, key]) => [size, link(key)])),
    processedAt: avatar.processedAt,
  };
}

/** Reads the steps' states from when they began: a step is over once one of a later phase has begun. */
export function stepsOf(
  row: Pick<UploadRow, "status" | "step" | "steps">,
  phases: ReadStatusSettings["phases"],
): readonly StepStatus[] {
  const begun = (name: string) => row.steps[name] !== undefined;
  const lastBegun = phases.reduce((last, phase, i) => (phase.some(begun) ? i : last), -1);
  const isOver = row.status === "rejected" || row.status === "failed";
  const names = phases.flat();
  // An upload can also end in Undo, which is no step of the flow: then it ended in what it had come to.
  const culprit = row.step !== undefined && names.includes(row.step) ? row.step : phases[lastBegun]?.find(begun);
  const stateOf = (name: string, phase: number): StepState => {
    if (row.status === "accepted") return "done";
    if (isOver && name === culprit) return "failed";
    if (begun(name) && phase < lastBegun) return "done";
    if (isOver) return "skipped";
    return begun(name) ? "running" : "waiting";
  };
  return phases.flatMap((phase, i) =>
    phase.map((name) => ({ name, state: stateOf(name, i), at: row.steps[name] ?? null })),
  );
}
