/** The package ships no declarations; this is the used part. */
declare module "asl-validator" {
  export default function validator(
    definition: unknown,
    options: { readonly checkPaths: boolean; readonly checkArn: boolean },
  ): { readonly isValid: boolean; readonly errorsText: (separator?: string) => string };
}
