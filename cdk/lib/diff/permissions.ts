import type { TemplateDiff } from '@aws-cdk/cloudformation-diff';
import type { Template, TemplateResource } from './assembly';

/** What a change of a template does to the permissions in it. */
export type PermissionChange = 'widened' | 'narrowed' | 'unchanged';

/** The permissions that a change of a template adds and removes, one line each. */
export interface PermissionChanges {
  readonly change: PermissionChange;

  /** What widens permissions: an added `Allow`, a removed `Deny`, or a removed boundary. */
  readonly widening: readonly string[];

  readonly narrowing: readonly string[];
}

/**
 * Returns what a change does to permissions: all changes that CDK detects, and statements of
 * resource types that CDK doesn't know, and permissions boundaries.
 */
export function permissionChanges(before: Template, after: Template, difference: TemplateDiff): PermissionChanges {
  const { statements, managedPolicies } = difference.iamChanges;
  const others = otherPermissions(before, after);
  const widening = [
    ...statements.additions.filter((one) => !one.isNegativeStatement).map((one) => `+ ${statementLine(one.render())}`),
    ...statements.removals.filter((one) => one.isNegativeStatement).map((one) => `- ${statementLine(one.render())}`),
    ...managedPolicies.additions.map((one) => `+ policy ${one.managedPolicyArn} of ${one.identityArn}`),
    ...others.widening,
  ];
  const narrowing = [
    ...statements.removals.filter((one) => !one.isNegativeStatement).map((one) => `- ${statementLine(one.render())}`),
    ...statements.additions.filter((one) => one.isNegativeStatement).map((one) => `+ ${statementLine(one.render())}`),
    ...managedPolicies.removals.map((one) => `- policy ${one.managedPolicyArn} of ${one.identityArn}`),
    ...others.narrowing,
  ];
  if (widening.length > 0 || difference.permissionsBroadened) {
    return { change: 'widened', widening, narrowing };
  }
  const narrowed = narrowing.length > 0 || difference.permissionsAnyChanges;
  return { change: narrowed ? 'narrowed' : 'unchanged', widening, narrowing };
}

interface Rendered {
  readonly effect: string;
  readonly action: string;
  readonly resource: string;
  readonly principal: string;
  readonly condition: string;
}

function statementLine({ effect, action, resource, principal, condition }: Rendered): string {
  const parts = [`${effect} ${action} on ${resource}`];
  if (principal !== '') {
    parts.push(`for ${principal}`);
  }
  if (condition !== '') {
    parts.push(`if ${condition}`);
  }
  return parts.join(' ').replaceAll(/\s+/g, ' ');
}

/** The types whose policies CDK compares. It skips a managed policy that names no role. */
const COMPARED_BY_CDK =
  /^AWS::(IAM::(?!ManagedPolicy).*|KMS::(Replica)?Key|Lambda::(Resource)?P.*|S3::BucketPolicy|S[NQ]S::(Topic|Queue)(Inline)?Policy)$/;

interface Grant {
  readonly line: string;

  /** Whether it limits permissions, as a `Deny` or a permissions boundary does. */
  readonly limits: boolean;
}

function otherPermissions(before: Template, after: Template): Pick<PermissionChanges, 'widening' | 'narrowing'> {
  const [old, current] = [grants(before, after), grants(after, before)];
  const missingIn = (all: Map<string, Grant>, sign: string) => (grant: Grant) =>
    all.has(grant.line) ? [] : [{ text: `${sign} ${grant.line}`, widens: grant.limits === (sign === '-') }];
  const changes = [
    ...[...current.values()].flatMap(missingIn(old, '+')),
    ...[...old.values()].flatMap(missingIn(current, '-')),
  ];
  const lines = (widens: boolean) => changes.filter((one) => one.widens === widens).map(({ text }) => text);
  return { widening: lines(true), narrowing: lines(false) };
}

/** Returns the permissions in a template that is compared with another one. */
function grants({ Resources: resources = {} }: Template, other: Template): Map<string, Grant> {
  const found = new Map<string, Grant>();
  for (const [logicalId, resource] of Object.entries(resources)) {
    const isInBoth = other.Resources?.[logicalId] !== undefined;
    for (const grant of [...(isInBoth ? boundary(logicalId, resource) : []), ...statements(logicalId, resource)]) {
      found.set(grant.line, grant);
    }
  }
  return found;
}

function boundary(logicalId: string, { Properties: properties = {} }: TemplateResource): Grant[] {
  const arn = properties.PermissionsBoundary;
  return arn === undefined
    ? []
    : [{ line: `permissions boundary ${JSON.stringify(arn)} of ${logicalId}`, limits: true }];
}

function statements(logicalId: string, { Type: type, Properties: properties = {} }: TemplateResource): Grant[] {
  if (COMPARED_BY_CDK.test(type)) {
    return [];
  }
  return statementsIn(properties).map((statement) => ({
    line: `statement of ${logicalId} (${type}): ${JSON.stringify(statement)}`,
    limits: statement.Effect === 'Deny',
  }));
}

/** Returns the policy statements anywhere in a value. */
function statementsIn(value: unknown): { Effect: unknown }[] {
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  if ('Effect' in value && ('Action' in value || 'NotAction' in value)) {
    return [value];
  }
  return Object.values(value).flatMap(statementsIn);
}
