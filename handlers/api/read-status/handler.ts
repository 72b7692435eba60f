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
  /** The steps' names in order; steps that run in parallel share a phase. */
  readonly phases: readonly (readonly string[])[];
  readonly defaultLocale: Locale;
  readonly access: Access;
}

export interface ReadStatusClients {
  readonly dynamodb: Pick<DynamoDB, "getItem">;
  readonly signer: () => Signer;
  readonly now: () => Date;
}

/** Long enough for a slow connection to load a picture, short enough that a leaked link soon expires. */
const linkSeconds = 300;

/**
 * `GET /uploads/{uploadId}`: the outcome of one upload. Its id is the key to it: 80 random bits that only the requester
 * of the upload has. If the API requires invitations, the student's own is required too; an expired one still gives
 * access to the outcome.
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

/** Derives the steps' states from their starting times: a step is over once a step of a later phase has begun. */
export function stepsOf(
  row: Pick<UploadRow, "status" | "step" | "steps">,
  phases: ReadStatusSettings["phases"],
): readonly StepStatus[] {
  const begun = (name: string) => row.steps[name] !== undefined;
  const lastBegun = phases.reduce((last, phase, i) => (phase.some(begun) ? i : last), -1);
  const isOver = row.status === "rejected" || row.status === "failed";
  const names = phases.flat();
  // An upload can also end in Undo, which is not a step of the flow: then the first step that began in the last phase
  // counts as failed.
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
