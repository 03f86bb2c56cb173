import type { Template, TemplateResource } from './assembly';

/** A part of a template that grants permissions or limits them. */
export interface Grant {
  readonly line: string;

  /**
   * What equivalent grants have in common.
   *
   * @default - the line
   */
  readonly key?: string;

  /** Whether it limits permissions, as a `Deny` or a permissions boundary does. */
  readonly limits: boolean;
}

/** The types whose policies CDK compares. It skips a managed policy that names no role. */
const COMPARED_BY_CDK =
  /^AWS::(IAM::(Role|User|Group|Policy)|KMS::(Replica)?Key|Lambda::(Permission|ResourcePolicy)|S3::BucketPolicy|S[NQ]S::(Topic|Queue)(Inline)?Policy)$/;

/** The properties that limit what a resource or its policy allows. CDK doesn't compare them. */
const LIMITS = [
  'PermissionsBoundary',
  'PrincipalOrgID',
  'SourceAccount',
  'FunctionUrlAuthType',
  'InvokedViaFunctionUrl',
  'PublicAccessBlockConfiguration',
] as const;

/** The types that grant permissions without a policy. CDK doesn't compare them. */
const WITHOUT_POLICY = [
  'AWS::IAM::InstanceProfile',
  'AWS::IAM::UserToGroupAddition',
  'AWS::Lambda::LayerVersionPermission',
  'AWS::Lambda::Url',
];

/** A property that names the role with which a resource acts. */
const ROLE = /^(Role|\w*RoleA(rn|RN))$/;

/**
 * Returns what grants or limits permissions in a template that is compared with another one, except
 * for what CDK compares.
 */
export function grants(template: Template, other: Template): Map<string, Grant> {
  return byKey(template, (logicalId, resource) => [
    ...(other.Resources?.[logicalId] === undefined ? [] : limits(logicalId, resource, template)),
    ...(COMPARED_BY_CDK.test(resource.Type) ? [] : statements(logicalId, resource)),
    ...withoutPolicy(logicalId, resource),
    ...roles(logicalId, resource),
  ]);
}

/** Returns all statements in a template, independently of what CDK understands. */
export function allStatements(template: Template): Map<string, Grant> {
  return byKey(template, statements);
}

function byKey(
  { Resources: resources = {} }: Template,
  grantsOf: (logicalId: string, resource: TemplateResource) => Grant[],
): Map<string, Grant> {
  const found = Object.entries(resources).flatMap(([logicalId, resource]) => grantsOf(logicalId, resource));
  return new Map(found.map((grant) => [grant.key ?? grant.line, grant]));
}

function limits(logicalId: string, resource: TemplateResource, template: Template): Grant[] {
  const { Properties: properties = {}, Condition: condition } = resource;
  const lines = LIMITS.flatMap((name) => {
    const label = name === 'PermissionsBoundary' ? 'permissions boundary' : name;
    return properties[name] === undefined ? [] : [`${label} ${JSON.stringify(properties[name])} of ${logicalId}`];
  });
  if (condition !== undefined) {
    lines.push(`condition ${condition} ${JSON.stringify(template.Conditions?.[condition])} of ${logicalId}`);
  }
  return lines.map((line) => ({ line, limits: true }));
}

function statements(logicalId: string, { Type: type, Properties: properties = {} }: TemplateResource): Grant[] {
  return statementsIn(properties).map((statement) => ({
    line: `statement of ${logicalId} (${type}): ${JSON.stringify(statement)}`,
    key: `${logicalId} ${type} ${JSON.stringify(normalized(statement))}`,
    limits: statement.Effect === 'Deny',
  }));
}

/** Returns the policy statements anywhere in a value, also in text that is JSON. */
function statementsIn(value: unknown): { Effect: unknown }[] {
  if (typeof value === 'string' && value.includes('"Effect"')) {
    return statementsIn(jsonIn(value));
  }
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  if ('Effect' in value && ('Action' in value || 'NotAction' in value)) {
    return [value];
  }
  return Object.values(value).flatMap(statementsIn);
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Returns a statement without its id, and with its lists in one order, even of one element. */
function normalized(statement: object): object {
  const normalize = (value: unknown): unknown => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value) && !isIntrinsic(value)) {
      const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
      return Object.fromEntries(entries.map(([key, child]) => [key, normalize(child)]));
    }
    return [value]
      .flat()
      .map((element) => JSON.stringify(element))
      .sort();
  };
  const { Sid: _, ...rest } = statement as { Sid?: unknown };
  return normalize(rest) as object;
}

const isIntrinsic = (value: object) => Object.keys(value).some((key) => key === 'Ref' || key.startsWith('Fn::'));

function withoutPolicy(logicalId: string, { Type: type, Properties: properties = {} }: TemplateResource): Grant[] {
  const grant = (value: unknown) => [{ line: `${type} ${logicalId}: ${JSON.stringify(value)}`, limits: false }];
  if (WITHOUT_POLICY.includes(type) || (type === 'AWS::Events::EventBusPolicy' && properties.Action !== undefined)) {
    return grant(properties);
  }
  const { AccessControl } = properties;
  return type === 'AWS::S3::Bucket' && AccessControl !== undefined ? grant({ AccessControl }) : [];
}

function roles(logicalId: string, { Type: type, Properties: properties = {} }: TemplateResource): Grant[] {
  const rolesIn = (value: unknown): unknown[] =>
    typeof value !== 'object' || value === null
      ? []
      : Object.entries(value).flatMap(([key, child]) => (ROLE.test(key) ? [child] : rolesIn(child)));
  return rolesIn(properties).map((role) => ({
    line: `role ${JSON.stringify(role)} of ${logicalId} (${type})`,
    limits: false,
  }));
}
