import { expect } from "chai";
import fc from "fast-check";
import { displayName, noticeOf } from "../../../handlers/notices/notice";
import type { PipelineEvent } from "../../../handlers/contract/pipeline-event";
import { reasonCodes, reasons } from "../../../handlers/contract/reasons";
import { aPhoto, executionArn, now, uploadIdAt } from "../../support/rows";

const photo = aPhoto({ uploadId: uploadIdAt(10) });

describe("The notices", () => {
  const head = { schema: "1", uploadId: photo.uploadId, at: now.toISOString(), executionArn } as const;

  it("keep SNS's rules for subjects, whatever the student and the file are called", () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[A-Za-z0-9_.-]{1,64}$/),
        fc.string({ unit: "binary", maxLength: 200 }),
        fc.constantFrom(...reasonCodes),
        fc.constantFrom("avatar.rejected" as const, "avatar.failed" as const),
        (studentId, name, reason, type) => {
          const fileName = displayName(`uploads/x/${name}`);
          const refused: PipelineEvent = { ...head, type, studentId, fileName, step: "DetectFace", reason };
          const accepted: PipelineEvent = {
            ...head,
            type: "avatar.accepted",
            studentId,
            fileName,
            bucket: "b",
            thumbnails: { "64": "k" },
            processedAt: head.at,
          };
          for (const event of [refused, accepted]) {
            const { subject, text } = noticeOf(event);
            expect(subject.length).to.be.lessThan(100);
            // eslint-disable-next-line no-control-regex -- SNS forbids exactly these
            expect(subject).to.not.match(/[\u0000-\u001f\u007f]/);
            expect(text.split("\n").filter((line) => line.startsWith("Reason: ")).length).to.be.at.most(1);
          }
        },
      ),
    );
  });

  it("never tell the school to contact the school", () => {
    for (const reason of reasonCodes) {
      for (const type of ["avatar.rejected", "avatar.failed"] as const) {
        const { text } = noticeOf({ ...head, type, studentId: "SV001", fileName: "a.jpg", step: "DetectFace", reason });
        expect(text, reason).to.not.match(/contact the school|liên hệ nhà trường|báo cho nhà trường/);
      }
    }
  });

  it("has a title and a remedy in both languages for every reason", () => {
    for (const code of reasonCodes) {
      for (const locale of ["vi", "en"] as const) {
        expect(reasons[code].title[locale], `${code} ${locale}`).to.match(/^\p{Lu}.*[^.]$/u);
        expect(reasons[code].remedy[locale], `${code} ${locale}`).to.match(/^\p{Lu}.*\.$/u);
      }
    }
  });
});
