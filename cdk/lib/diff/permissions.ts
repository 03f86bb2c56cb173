import type { TemplateDiff } from '@aws-cdk/cloudformation-diff';
import type { Template } from './assembly';
import { allStatements, type Grant, grants } from './grants';

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
 * Returns what a change does to permissions: all changes that CDK detects, and what CDK doesn't
 * compare. If neither widens permissions, all statements are compared once more, independently of
 * CDK: it doesn't see a policy inside a condition, for example.
 */
export function permissionChanges(before: Template, after: Template, difference: TemplateDiff): PermissionChanges {
  const { statements, managedPolicies } = difference.iamChanges;
  const others = changed(grants(before, after), grants(after, before));
  // Not by CDK's `isNegativeStatement`: for CDK, an added `Allow` with `NotAction` narrows.
  const lines = (all: readonly Statement[], sign: '+' | '-', widens: boolean) =>
    all
      .filter(({ effect }) => (effect !== (sign === '+' ? 'Deny' : 'Allow')) === widens)
      .map((one) => `${sign} ${statementLine(one.render())}`);
  const widening = [
    ...lines(statements.additions, '+', true),
    ...lines(statements.removals, '-', true),
    ...managedPolicies.additions.map((one) => `+ policy ${one.managedPolicyArn} of ${one.identityArn}`),
    ...others.widening,
  ];
  const narrowing = [
    ...lines(statements.removals, '-', false),
    ...lines(statements.additions, '+', false),
    ...managedPolicies.removals.map((one) => `- policy ${one.managedPolicyArn} of ${one.identityArn}`),
    ...others.narrowing,
  ];
  if (widening.length === 0) {
    widening.push(...changed(allStatements(before), allStatements(after)).widening);
  }
  if (widening.length > 0 || widensOther(difference)) {
    return { change: 'widened', widening, narrowing };
  }
  const narrowed = narrowing.length > 0 || difference.permissionsAnyChanges;
  return { change: narrowed ? 'narrowed' : 'unchanged', widening, narrowing };
}

type Statement = TemplateDiff['iamChanges']['statements']['additions'][number];

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

/** Returns whether a change adds to IAM Identity Center or to security groups. */
function widensOther({ iamChanges, securityGroupChanges }: TemplateDiff): boolean {
  const { ssoPermissionSets, ssoAssignments, ssoInstanceACAConfigs } = iamChanges;
  const identityCenter = [ssoPermissionSets, ssoAssignments, ssoInstanceACAConfigs];
  return identityCenter.some(({ hasAdditions }) => hasAdditions) || securityGroupChanges.rulesAdded;
}

/** Returns what two templates don't have in common, as what widens and what narrows permissions. */
function changed(
  old: ReadonlyMap<string, Grant>,
  current: ReadonlyMap<string, Grant>,
): Pick<PermissionChanges, 'widening' | 'narrowing'> {
  const missingIn =
    (all: ReadonlyMap<string, Grant>, sign: string) =>
    ([key, grant]: [string, Grant]) =>
      all.has(key) ? [] : [{ text: `${sign} ${grant.line}`, widens: grant.limits === (sign === '-') }];
  const changes = [...[...current].flatMap(missingIn(old, '+')), ...[...old].flatMap(missingIn(current, '-'))];
  const lines = (widens: boolean) => changes.filter((one) => one.widens === widens).map(({ text }) => text);
  return { widening: lines(true), narrowing: lines(false) };
}
