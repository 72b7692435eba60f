import type { ProgramGraph, ResourceNode } from "pulumi-local-cloud/program/graph";
import { usageError } from "../usage-error";

/** The facts of a declared pipeline that a command needs: names, and addresses if there are any. */
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

const componentType = "avatar-pipeline:index:AvatarPipeline";

/**
 * The AvatarPipelines of a program, in the order of their declaration, whatever the stack itself exports.
 *
 * @throws Error if there is none
 */
export function pipelinesOf(graph: ProgramGraph): readonly [Pipeline, ...Pipeline[]] {
  const [first, ...more] = graph.resources.filter(({ type }) => type === componentType).map(pipelineOf);
  if (!first) {
    throw new Error("The program declares no AvatarPipeline. Add one, or name another program with --program.");
  }
  return [first, ...more];
}

/**
 * The pipeline that a command works on.
 *
 * @param name the value of `--pipeline`; undefined if it was not given
 * @throws UsageError if there are several and none is named, or none has that name
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
  /** An output that is a resource carries its id, which is its physical name. */
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
