import { executionPath } from "pulumi-local-cloud/console/about";
import { count, moment } from "pulumi-local-cloud/console/format";
import type { Light } from "pulumi-local-cloud/console/graph/draw";
import { html, type Html } from "pulumi-local-cloud/console/html";
import type { Layouts } from "pulumi-local-cloud/console/layouts";
import { mailList } from "pulumi-local-cloud/console/pages/inbox";
import { machinePicture } from "pulumi-local-cloud/console/pages/machine";
import { badge, empty, foreign } from "pulumi-local-cloud/console/pages/parts";
import { prefix, type Page } from "pulumi-local-cloud/console/pages/view";
import type { MachineSource } from "pulumi-local-cloud/console/sources";
import type { UploadStatus } from "../../../../handlers/contract/upload-status";
import type { AvatarRow } from "../../../../handlers/stores/avatars";
import type { UploadRow } from "../../../../handlers/stores/uploads";
import type { AvatarSources, PipelineSource } from "../sources";
import { reasonText, words } from "../words";

const maxAvatars = 48;
const maxUploads = 12;
const maxMails = 6;
/** The API writes a row before any upload, without an execution: no source reports that row, so the page polls. */
const pollIntervalMs = 4_000;

export function overviewPage(sources: AvatarSources, layouts: Layouts): Page {
  return async () => {
    const parts = await Promise.all(
      sources.pipelines.map((pipeline, index) => pipelineParts(sources, pipeline, index, layouts)),
    );
    return {
      title: `Overview of ${sources.stack.name}`,
      section: "overview",
      pollMilliseconds: pollIntervalMs,
      regions: {
        ...Object.fromEntries(parts.flatMap(({ regions }) => Object.entries(regions))),
        mails: mailList(sources.mails.list({ limit: Infinity }), maxMails, words),
      },
      body: (regions) =>
        html`<h1>Overview</h1>
          ${parts.map(({ body }) => body(regions))}
          ${parts.length === 0 && empty("The program declares no AvatarPipeline.")}
          <section aria-labelledby="mails">
            <h2 id="mails">Latest mails</h2>
            ${regions["mails"]}
          </section>`,
    };
  };
}

interface PipelineParts {
  readonly regions: Readonly<Record<string, Html>>;
  readonly body: (regions: Readonly<Record<string, Html>>) => Html;
}

async function pipelineParts(
  { machines, pipelines }: AvatarSources,
  pipeline: PipelineSource,
  index: number,
  layouts: Layouts,
): Promise<PipelineParts> {
  const [avatarRows, uploadRows] = await Promise.all([pipeline.avatars(), pipeline.uploads()]);
  const avatars = [...avatarRows].sort(newest(({ processedAt }) => processedAt));
  const uploads = [...uploadRows].sort(newest(beganAt));
  const at = (name: string): string => `${name}-${index}`;
  const { picture, running } = machinePicture(machines, layouts, pipeline.machineArn, at("machine"));
  return {
    regions: {
      [at("numbers")]: numbers(avatars, uploads, running),
      [at("gallery")]: gallery(index, avatars, machines),
      [at("uploads")]: uploadTable(uploads, machines),
      [at("machine")]: picture,
    },
    body: (regions) =>
      html`${pipelines.length > 1 && html`<h2 class="pipeline">${foreign(pipeline.name)}</h2>`}
        ${regions[at("numbers")]}
        <div class="split wide">
          <div>
            <section aria-labelledby="${at("how")}">
              <h2 id="${at("how")}">Upload a photo</h2>
              ${how(pipeline, at("command"))}
            </section>
            <section aria-labelledby="${at("avatars")}">
              <h2 id="${at("avatars")}">Registered avatars</h2>
              ${regions[at("gallery")]}
            </section>
          </div>
          <section class="picture" aria-labelledby="${at("picture")}">
            <h2 id="${at("picture")}">State machine</h2>
            <div class="canvas" tabindex="0" role="group" aria-label="The drawing, to be scrolled">
              ${regions[at("machine")]}
            </div>
          </section>
        </div>
        <section aria-labelledby="${at("latest")}">
          <h2 id="${at("latest")}">Uploads</h2>
          ${regions[at("uploads")]}
        </section>`,
  };
}

/** The time at which an upload was requested, or else claimed; ISO 8601. */
function beganAt({ createdAt, claimedAt }: UploadRow): string {
  return createdAt ?? claimedAt ?? "";
}

function newest<Row>(when: (row: Row) => string): (a: Row, b: Row) => number {
  return (a, b) => (when(a) < when(b) ? 1 : when(a) > when(b) ? -1 : 0);
}

function numbers(avatars: readonly AvatarRow[], uploads: readonly UploadRow[], running: number): Html {
  const of = (status: UploadStatus): number => uploads.filter((upload) => upload.status === status).length;
  const fact = (number: number, name: string, light?: Light): Html =>
    html`<div class="number ${number > 0 && light}">
      <dt>${name}</dt>
      <dd>${number.toLocaleString("en")}</dd>
    </div>`;
  return html`<dl class="numbers">
    ${fact(avatars.length, "avatars")} ${fact(of("accepted"), "accepted", "succeeded")}
    ${fact(of("rejected"), "rejected", "refused")} ${fact(of("failed"), "failed", "failed")}
    ${fact(running, "running now", "running")} ${fact(of("awaiting-upload"), "awaited")}
  </dl>`;
}

function how({ siteUrl, apiUrl, bucket, sampleCommand }: PipelineSource, commandId: string): Html {
  return html`<dl class="facts">
    ${
      siteUrl !== undefined &&
      html`<dt>On the students' page</dt>
        <dd>${link(siteUrl)}</dd>`
    }
    <dt>From a shell, into <code>${bucket}</code></dt>
    <dd class="command">
      <code id="${commandId}">${sampleCommand}</code><button type="button" data-copy="${commandId}" hidden>Copy</button>
    </dd>
    ${
      apiUrl !== undefined &&
      html`<dt>Through the API</dt>
        <dd>
          <code>POST ${apiUrl.replace(/\/$/, "")}/uploads</code>
        </dd>`
    }
  </dl>`;
}

/** A link to a page of the program; plain text if it is not a web address. */
function link(url: string): Html {
  return /^https?:\/\//.test(url) ? html`<a href="${url}">${url}</a>` : html`<code>${url}</code>`;
}

function gallery(index: number, avatars: readonly AvatarRow[], machines: MachineSource): Html {
  if (avatars.length === 0) return empty("Nobody is registered yet. The first accepted photo appears here.");
  const shown = avatars.slice(0, maxAvatars);
  return html`<ul class="gallery">
      ${shown.map((avatar) => {
        const execution = machines.execution(avatar.executionArn);
        const picture = thumbnailKey(avatar);
        const name = html`<span class="student">${foreign(avatar.studentId)}</span>`;
        return html`<li id="avatar-${index}-${encodeURIComponent(avatar.studentId)}">
          ${
            picture === undefined
              ? html`<span class="no-picture"></span>`
              : html`<img
                  src="${prefix}/thumbnails/${index}/${picture.split("/").map(encodeURIComponent).join("/")}"
                  alt="Avatar of ${avatar.studentId}"
                  width="96"
                  height="96"
                  loading="lazy"
                />`
          }
          ${execution ? html`<a href="${executionPath(execution)}">${name}</a>` : name}
          <span class="muted">${moment(Date.parse(avatar.processedAt))}</span>
        </li>`;
      })}
    </ul>
    ${
      avatars.length > shown.length &&
      html`<p class="muted">The newest ${shown.length} of ${avatars.length.toLocaleString("en")}.</p>`
    }`;
}

/** The smallest thumbnail that is sharp at the gallery's size on a dense screen, or else the largest. */
function thumbnailKey({ thumbnails }: AvatarRow): string | undefined {
  const sizes = Object.keys(thumbnails)
    .map(Number)
    .sort((a, b) => a - b);
  const size = sizes.find((pixels) => pixels >= 192) ?? sizes.at(-1);
  return size === undefined ? undefined : thumbnails[String(size)];
}

/** A later version may have written a status that this one does not know. */
const lights: Readonly<Partial<Record<string, readonly [Light | "neutral", string]>>> = {
  "awaiting-upload": ["neutral", "Awaited"],
  processing: ["running", "Processing"],
  accepted: ["succeeded", "Accepted"],
  rejected: ["refused", "Rejected"],
  failed: ["failed", "Failed"],
};

function uploadTable(uploads: readonly UploadRow[], machines: MachineSource): Html {
  if (uploads.length === 0) return empty("No upload yet.");
  const shown = uploads.slice(0, maxUploads);
  return html`<table class="rows">
      <thead>
        <tr>
          <th scope="col">Student</th>
          <th scope="col">Outcome</th>
          <th scope="col">Why</th>
          <th scope="col">When</th>
        </tr>
      </thead>
      <tbody>
        ${shown.map((upload) => uploadRow(upload, machines))}
      </tbody>
    </table>
    ${
      uploads.length > shown.length &&
      html`<p class="muted">The latest ${shown.length} of ${count(uploads.length, "upload")}.</p>`
    }`;
}

function uploadRow(upload: UploadRow, machines: MachineSource): Html {
  const execution = upload.executionArn === undefined ? undefined : machines.execution(upload.executionArn);
  const [light, word] = lights[upload.status] ?? ["neutral", upload.status];
  const student = foreign(upload.studentId);
  const file = upload.objectKey?.slice(upload.objectKey.lastIndexOf("/") + 1);
  return html`<tr id="upload-${encodeURIComponent(upload.uploadId)}">
    <th scope="row" data-label="Student">
      ${execution ? html`<a href="${executionPath(execution)}">${student}</a>` : student}
      ${file !== undefined && html`<span class="file muted">${foreign(file)}</span>`}
    </th>
    <td data-label="Outcome">${badge(light, upload.status === "processing" ? (upload.step ?? word) : word)}</td>
    <td data-label="Why" class="why">
      ${upload.reason !== undefined && html`<code>${upload.reason}</code> ${foreign(reasonText(upload.reason))}`}
    </td>
    <td data-label="When">${moment(Date.parse(beganAt(upload)))}</td>
  </tr>`;
}
