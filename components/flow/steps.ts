import type * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { steps } from "../../handlers/functions";
import { functionContext, type PipelineParts } from "../parts";
import { createImagingLayer } from "./imaging-layer";
import { createFunction } from "./lambda-function";

/** Creates the function of every step, by the step's name. */
export function createStepFunctions(
  name: string,
  parts: PipelineParts,
  opts: pulumi.CustomResourceOptions,
): ReadonlyMap<string, aws.lambda.Function> {
  const context = { ...functionContext(parts), imagingLayer: createImagingLayer(name, opts).arn };
  return new Map(steps.map((step) => [step.name, createFunction(name, step, context, opts)]));
}
