import type { ProgramGraph, ResourceNode } from "pulumi-local-cloud/program/graph";
import { usageError } from "../usage-error";

/** What a command needs of a pipeline that the program declares: names, and addresses where there are any. */
export interface Pipeline {
  /** The component's name in the program. */
  readonly name: string;
  readonly photoBucket: string;
  readonly avatarTable: string;
  readonly uploadTable: string;
  readonly stateMachineArn: string;
  readonly reconcileFunctionName: string;
  readonly eraseStudentFunctionName: string;
  readonly siteUrl?: string;
  readonly apiUrl?: string;
}

const COMPONENT = "avatar-pipeline:index:AvatarPipeline";

/**
 * The AvatarPipelines of a program, in the order of their declaration, whatever the stack itself exports.
 *
 * @throws Error when there is none
 */
export function pipelinesOf(graph: ProgramGraph): readonly [Pipeline, ...Pipeline[]] {
  const [first, ...more] = graph.resources.filter(({ type }) => type === COMPONENT).map(pipelineOf);
  if (!first) {
    throw new Error(`The program declares no AvatarPipeline: there is nothing that a photo could go through.`);
  }
  return [first, ...more];
}

/**
 * The pipeline that a command is about.
 *
 * @param name as `--pipeline` says it; undefined where it was not given
 * @throws UsageError when there are several and none is named, or none is named so
 */
export function choosePipeline(pipelines: readonly Pipeline[], name: string | undefined): Pipeline {
  const names = pipelines.map((pipeline) => pipeline.name).join(", ");
  const [first, ...more] = name === undefined ? pipelines : pipelines.filter((pipeline) => pipeline.name === name);
  if (first !== undefined && more.length === 0) return first;
  throw usageError(
    name === undefined
      ? `The program has several pipelines: ${names}. Name one of them with --pipeline NAME.`
      : `--pipeline ${name}: the program has no such pipeline. It has: ${names}.`,
  );
}

function pipelineOf({ name, outputs }: ResourceNode): Pipeline {
  const text = (output: string): string | undefined => {
    const value = outputs[output];
    return typeof value === "string" ? value : undefined;
  };
  /** A resource among the outputs stands there with its id, which is its physical name. */
  const id = (output: string): string => (outputs[output] as { readonly id?: string } | undefined)?.id ?? "";
  const [siteUrl, apiUrl] = [text("siteUrl"), text("apiUrl")];
  return {
    name,
    photoBucket: id("photoBucket"),
    avatarTable: id("avatarTable"),
    uploadTable: id("uploadTable"),
    stateMachineArn: text("stateMachineArn") ?? "",
    reconcileFunctionName: text("reconcileFunctionName") ?? "",
    eraseStudentFunctionName: text("eraseStudentFunctionName") ?? "",
    ...(siteUrl === undefined ? {} : { siteUrl }),
    ...(apiUrl === undefined ? {} : { apiUrl }),
  };
}
