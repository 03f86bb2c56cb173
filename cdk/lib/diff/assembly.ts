import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CloudAssembly, type CloudFormationStackArtifact } from 'aws-cdk-lib/cx-api';
import { parse } from 'yaml';

/** A CloudFormation template. */
export interface Template {
  readonly Resources?: Readonly<Record<string, TemplateResource>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
}

/** A resource of a template. */
export interface TemplateResource {
  readonly Type: string;
  readonly Condition?: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

/** A stack of a cloud assembly. */
export interface AssemblyStack {
  readonly name: string;

  /** The account, unless it is the account of the credentials. */
  readonly account: string | undefined;

  /** The Region, unless it is the Region of the environment. */
  readonly region: string | undefined;

  /** The ARN of the role that may read the stack, with CloudFormation's placeholders. */
  readonly lookupRole: string | undefined;

  /** The names of the stacks that are deployed before this one. */
  readonly dependencies: readonly string[];

  readonly template: Template;

  /** The templates inside this template. */
  readonly nested: readonly NestedTemplate[];
}

/** The template of a resource, such as a StackSet or a conformance pack. */
export interface NestedTemplate {
  readonly logicalId: string;
  readonly resource: TemplateResource;
  readonly template: Template;
}

/** The properties that contain a template or the address of one. */
export const TEMPLATE_PROPERTIES = ['TemplateBody', 'TemplateURL', 'TemplateUrl', 'TemplateS3Uri'] as const;

/**
 * Returns the stacks of a cloud assembly in the order of their deployment: all of them, or those
 * that match one of the patterns, with their dependencies, as `cdk deploy` does.
 */
export function stacksOf(directory: string, patterns: readonly string[] = []): AssemblyStack[] {
  const stacks = new CloudAssembly(directory).stacks.map(assemblyStack);
  if (patterns.length === 0) {
    return stacks;
  }
  const selected = new Set<string>();
  const select = (name: string): void => {
    if (!selected.has(name)) {
      selected.add(name);
      stacks.find((stack) => stack.name === name)?.dependencies.forEach(select);
    }
  };
  for (const pattern of patterns) {
    const matching = stacks.filter(({ name }) => glob(pattern).test(name));
    if (matching.length === 0) {
      const names = stacks.map(({ name }) => name).join(', ');
      throw new Error(`no stack matches ${pattern}; the stacks are ${names}`);
    }
    matching.forEach(({ name }) => {
      select(name);
    });
  }
  return stacks.filter(({ name }) => selected.has(name));
}

/** Returns the template in a text, which is JSON or YAML. */
export function parseTemplate(text: string): Template {
  return text.trimStart().startsWith('{') ? JSON.parse(text) : parse(text, { version: '1.1', logLevel: 'silent' });
}

function assemblyStack(artifact: CloudFormationStackArtifact): AssemblyStack {
  const { account, region } = artifact.environment;
  const template = artifact.template as Template;
  return {
    name: artifact.stackName,
    account: account === 'unknown-account' ? undefined : account,
    region: region === 'unknown-region' ? undefined : region,
    lookupRole: artifact.lookupRole?.arn,
    dependencies: artifact.dependencies.flatMap((other) =>
      'stackName' in other ? [(other as CloudFormationStackArtifact).stackName] : [],
    ),
    template,
    nested: Object.entries(template.Resources ?? {}).flatMap(([logicalId, resource]) => {
      const nested = nestedTemplate(artifact, resource);
      return nested === undefined ? [] : [{ logicalId, resource, template: nested }];
    }),
  };
}

/** Returns the template inside a resource, from the resource itself or from a published file. */
function nestedTemplate(artifact: CloudFormationStackArtifact, resource: TemplateResource): Template | undefined {
  const property = TEMPLATE_PROPERTIES.find((name) => resource.Properties?.[name] !== undefined);
  if (property === undefined) {
    return undefined;
  }
  const value = resource.Properties?.[property];
  if (property === 'TemplateBody') {
    return parseTemplate(String(value));
  }
  const { directory } = artifact.assembly;
  const manifest = JSON.parse(readFileSync(join(directory, `${artifact.id}.assets.json`), 'utf8'));
  const address = JSON.stringify(value);
  for (const [hash, file] of Object.entries<{ source: { path: string } }>(manifest.files)) {
    if (address.includes(hash)) {
      return parseTemplate(readFileSync(join(directory, file.source.path), 'utf8'));
    }
  }
  throw new Error(`${artifact.stackName}: no file of the assembly has the ${property} of a ${resource.Type}`);
}

function glob(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`);
}
