import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

/**
 * The regions that have no Rekognition, from botocore 1.44.8 (November 2026), `data/endpoints.json`. A region that AWS
 * opens later is not listed: there, AWS itself refuses the collection if it has none.
 */
export const withoutRekognition: readonly string[] = [
  ...["af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-3", "ap-south-2"],
  ...["ap-southeast-3", "ap-southeast-4", "ap-southeast-6", "ca-west-1"],
  ...["eu-central-2", "eu-north-1", "eu-south-1", "eu-west-3"],
  ...["me-central-1", "me-south-1", "mx-central-1"],
  ...["cn-north-1", "cn-northwest-1", "us-gov-east-1", "eusc-de-east-1"],
  ...["us-iso-east-1", "us-iso-west-1", "us-isob-east-1", "us-isob-west-1"],
];

/**
 * Refuses a region without Rekognition: at once if the configuration names it, and otherwise as soon as the provider
 * knows it.
 *
 * @throws pulumi.ResourceError before any resource is declared, if the region is known
 */
export function checkRegion(owner: pulumi.Resource): void {
  const provider = owner.getProvider("aws:rekognition/collection:Collection");
  const check = (region: string | undefined) => {
    if (region === undefined || !withoutRekognition.includes(region)) return;
    throw new pulumi.ResourceError(
      `The region is ${JSON.stringify(region)}, but Rekognition is not available there; choose another, for example ` +
        "`pulumi config set aws:region ap-southeast-1`.",
      owner,
      true,
    );
  };
  if (provider instanceof aws.Provider) pulumi.output(provider.region).apply(check);
  else check(aws.config.region);
}
