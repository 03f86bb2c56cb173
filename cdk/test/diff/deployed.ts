import { type AssemblyStack, stacksOf, type Template } from '../../lib/diff/assembly';
import type { DeployedTemplates } from '../../lib/diff/deployed-templates';
import { appOf } from '../fixtures';

const assemblies = new Map<string, string>();

/** Returns the directory with the cloud assembly of a configuration. */
export function assemblyOf(configuration: object): string {
  const key = JSON.stringify(configuration);
  const directory = assemblies.get(key) ?? appOf(configuration).synth().directory;
  assemblies.set(key, directory);
  return directory;
}

/** What is deployed after a deployment of a configuration; nothing without one. */
export class Deployed implements DeployedTemplates {
  /** The StackSets that were read, with the account as which they were read. */
  readonly read: string[] = [];
  private readonly stacks: readonly AssemblyStack[];

  constructor(configuration?: object) {
    this.stacks = configuration === undefined ? [] : stacksOf(assemblyOf(configuration));
  }

  async stack({ name, region }: { name: string; region: string | undefined }): Promise<Template | undefined> {
    return this.stacks.find((stack) => stack.name === name && stack.region === region)?.template;
  }

  async stackSet(_location: object, name: string, callAs: string): Promise<Template | undefined> {
    this.read.push(`${name} ${callAs}`);
    const nested = this.stacks.flatMap((stack) => stack.nested);
    return nested.find(({ resource }) => resource.Properties?.StackSetName === name)?.template;
  }
}
