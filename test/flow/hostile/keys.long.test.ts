import { expect } from "chai";
import type { PutPhoto } from "../../chaos/invariants";
import { asError } from "../../support/errors";
import { describeHostile, endingOf, rowOf } from "./harness";

describeHostile("Uploads under keys", (world) => {
  const student = (n: number) => `K${n}`;
  const odd = [
    `uploads/${student(1)}/../../../etc/passwd.jpg`,
    `uploads/${student(2)}/./..jpg`,
    `uploads/${student(3)}/a\r\nBcc: other@school.example\r\n\r\n<b>.jpg`,
    `uploads/${student(4)}/${"k".repeat(1024 - "uploads/K4/.jpg".length)}.jpg`,
    `uploads/${student(5)}/\u0001\u001b[31m\u007f\u2028\u202e.jpg`,
    `uploads/${student(6)}/<script>alert(1)</script>'"&.jpg`,
    `uploads/${student(7)}/%2e%2e%2f%00 + \\ ?x=1#y.jpg`,
    `uploads/${student(8)}/.jpg`,
    `uploads/${student(9)}/$.photo.key States.Format('{}').JPG`,
    `uploads/${student(10)}/${"e\u0301😀".repeat(100)}.jpeg`,
    "uploads/__proto__/constructor.jpg",
    "uploads/.../x.jpg",
  ];
  const without = [
    "uploads/x.jpg",
    "uploads//x.jpg",
    "uploads/./x.jpg",
    "uploads/../x.jpg",
    "uploads/a b/x.jpg",
    "uploads/a:b/x.jpg",
    "uploads/Đạt/x.jpg",
    `uploads/${"s".repeat(65)}/x.jpg`,
    "uploads/a\nb/x.jpg",
  ];

  it("of any characters and up to 1,024 bytes are photos like others", async () => {
    const sent: PutPhoto[] = [];
    for (const key of odd) sent.push(await world().send(key, world().small));
    await world().pipeline.cloud.idle();
    const rows = await world().pipeline.uploads();
    expect(sent.map((photo) => [photo.key, endingOf(rowOf(rows, photo))])).to.deep.equal(
      odd.map((key) => [key, "accepted"]),
    );
  });

  it("that name no student are told to the operator, once each", async () => {
    const sent: PutPhoto[] = [];
    for (const key of without) sent.push(await world().send(key, world().small));
    await world().pipeline.cloud.idle();
    const rows = await world().pipeline.uploads();
    expect(sent.map((photo) => [photo.key, endingOf(rowOf(rows, photo))])).to.deep.equal(
      without.map((key) => [key, "failed INTERNAL"]),
    );
  });

  it("of more than 1,024 bytes are refused by the bucket", async () => {
    const key = `uploads/K1/${"k".repeat(1024)}.jpg`;
    const error = await world().send(key, world().small).catch(asError);
    expect(error).to.include({ name: "KeyTooLongError" });
  });

  it("put nothing into the head of a mail", async () => {
    for (const { subject, to } of world().pipeline.cloud.mailbox.list({ limit: 100_000 })) {
      expect(subject).not.to.match(/\p{Cc}/u);
      expect([to].flat().join()).to.match(/^(success|failure)@school\.example$/);
    }
    const texts = (await world().pipeline.notices()).map(({ text }) => text).join("");
    // eslint-disable-next-line no-control-regex -- exactly these are meant
    expect(texts).not.to.match(/^Bcc:|[\u0000-\u0009\u000b-\u001f\u007f\u2028]/m);
  });
});
