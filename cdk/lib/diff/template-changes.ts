import { createHash } from 'node:crypto';
import { fullDiff, mangleLikeCloudFormation, type TemplateDiff } from '@aws-cdk/cloudformation-diff';
import { type AssemblyStack, type NestedTemplate, parseTemplate, TEMPLATE_PROPERTIES, type Template } from './assembly';
import type { DeployedTemplates } from './deployed-templates';
import { type PermissionChanges, permissionChanges } from './permissions';
import { mapProperties, parsedJson } from './template-properties';

/** What a deployment changes in one template: of a stack, or of a resource in a stack. */
export interface TemplateChange {
  /** The name of the stack. */
  readonly stack: string;

  /** The resource that contains the template, such as `StackSet stagecert`. */
  readonly nested: string | undefined;

  readonly account: string | undefined;
  readonly region: string | undefined;

  /** Whether nothing is deployed yet. */
  readonly isNew: boolean;

  readonly difference: TemplateDiff;
  readonly permissions: PermissionChanges;
}

/** Returns what a deployment of a stack changes: in its template first, then in those inside it. */
export async function changesOf(stack: AssemblyStack, deployed: DeployedTemplates): Promise<TemplateChange[]> {
  const { name, account, region } = stack;
  const current = await deployed.stack(stack);
  const place = { stack: name, account, region };
  const own = { ...place, nested: undefined, ...compare(withoutNested(current), withoutNested(stack.template)) };
  const inside = stack.nested.map(async (nested) => {
    const before = await deployedNested(stack, nested, current, deployed);
    return { ...place, nested: nestedTitle(nested), ...compare(before, nested.template) };
  });
  return [own, ...(await Promise.all(inside))];
}

/** Compares a deployed template, if there is one, with the one that replaces it. */
export function compare(
  before: Template | undefined,
  after: Template | undefined,
): Pick<TemplateChange, 'isNew' | 'difference' | 'permissions'> {
  const [old, current] = [mapProperties(before, parsedJson) ?? {}, mapProperties(after, parsedJson) ?? {}];
  let difference = fullDiff(old, current);
  // CloudFormation returns characters that are not ASCII as question marks.
  const mangled = fullDiff(old, JSON.parse(mangleLikeCloudFormation(JSON.stringify(current))));
  if (mangled.differenceCount < difference.differenceCount) {
    difference = mangled;
  }
  return { isNew: before === undefined, difference, permissions: permissionChanges(old, current, difference) };
}

/** Returns what contains a template, such as `StackSet stagecert`. */
export function nestedTitle({ logicalId, resource }: NestedTemplate): string {
  const kind = resource.Type.split('::').at(-1) ?? '';
  const words = kind === 'StackSet' ? kind : kind.replaceAll(/\B([A-Z])/g, ' $1').toLowerCase();
  const name = resource.Properties?.[`${kind}Name`];
  return `${words} ${typeof name === 'string' ? name : logicalId}`;
}

async function deployedNested(
  stack: AssemblyStack,
  { logicalId, resource }: NestedTemplate,
  current: Template | undefined,
  deployed: DeployedTemplates,
): Promise<Template | undefined> {
  if (resource.Type === 'AWS::CloudFormation::StackSet') {
    const { StackSetName: name, CallAs: callAs = 'SELF' } = resource.Properties ?? {};
    return deployed.stackSet(stack, String(name), String(callAs));
  }
  if (resource.Properties?.TemplateBody === undefined) {
    throw new Error(`${stack.name}: the deployed template of ${logicalId} (${resource.Type}) can't be read`);
  }
  const body = current?.Resources?.[logicalId]?.Properties?.TemplateBody;
  return typeof body === 'string' ? parseTemplate(body) : undefined;
}

/** Replaces each template inside a template by its hash: it is compared separately. */
function withoutNested(template: Template | undefined): Template | undefined {
  return mapProperties(template, (value, property) => {
    if (!(TEMPLATE_PROPERTIES as readonly string[]).includes(property)) {
      return value;
    }
    const hash = createHash('sha256').update(JSON.stringify(value)).digest('hex');
    return `(compared below; ${hash.slice(0, 12)})`;
  });
}
