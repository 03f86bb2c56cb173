import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ruleParametersSchema } from '../../lib/rule/rule-parameters';
import { alertsTemplate } from '../../lib/stacks/alerts-template';
import { STACK_SET_PARAMETERS, stackSetTemplate } from '../../lib/stacks/stack-set-template';
import { CONFIGURATIONS, EXEMPTION_DOCUMENTS, FRONT_DOOR, templatesOf } from '../fixtures';

const ALERT_BUS = 'arn:aws:events:eu-west-1:222222222222:event-bus/stagecert';
const EVENT_BUS = 'arn:aws:events:eu-central-1:666666666666:event-bus/security';
const full = CONFIGURATIONS['stack-set, full'] as Record<string, Record<string, object>>;
const base = { organization: full.organization, targets: { organizationalUnits: ['r-exam'], regions: ['eu-west-1'] } };

/** Settings for the CDK app, and the parameters of the template with the same meaning. */
const SETTINGS: Readonly<Record<string, { configuration: object; parameters: Record<string, string> }>> = {
  'every setting': {
    configuration: {
      ...base,
      function: {
        ...full.function,
        reservedConcurrency: 2,
        code: { bucket: 'code-REGION', key: 'stagecert.zip' },
      },
      roles: { path: '/security/', permissionsBoundary: 'boundaries/security' },
      metrics: 'few',
      rule: {
        frequency: 'One_Hour',
        parameters: { ...full.rule?.parameters, checks: ['certificate-attached', 'certificate-expiry', 'owner-tag'] },
        exemptionsKmsKey: full.rule?.exemptionsKmsKey,
      },
      alerts: {
        email: 'security@example.com',
        owners: { a: 'a@example.com' },
        reminderDays: [60, 0],
        eventBus: EVENT_BUS,
      },
    },
    parameters: {
      CodeKey: 'stagecert.zip',
      CodeBucketPrefix: 'code',
      Architecture: 'x86_64',
      MemoryMegabytes: '256',
      TimeoutSeconds: '300',
      ReservedConcurrency: '2',
      LogRetentionDays: '30',
      LogKmsKey: 'arn:aws:kms:REGION:222222222222:key/mrk-1234abcd12ab34cd56ef1234567890ab',
      RolePath: '/security/',
      PermissionsBoundary: 'boundaries/security',
      Metrics: 'few',
      Frequency: 'One_Hour',
      AlertBusArn: ALERT_BUS,
      EventBusArn: EVENT_BUS,
      ReminderDays: '60,7,0',
      Checks: 'certificate-attached,certificate-expiry,owner-tag',
      ExpiryWindowDays: '90',
      ManagedRenewalWindowDays: '14',
      OwnerTagKeys: 'team,owner',
      OwnerTagPattern: '[a-z ]+',
      OwnerTagOn: 'stage,certificate',
      CertificateSharing: 'same-api,acm',
      AppliesTo: 'http-integrations',
      IncludeStages: '*/prod*',
      ExcludeStages: 'a1b2c3/*,a1b2c3/prod checks=certificate-expiry+owner-tag until=2027-06-30',
      ExemptionTag: 'stagecert:exempt',
      Exemptions: 's3://example-exemptions/stagecert.json',
      ExemptionsKmsKey: 'arn:aws:kms:eu-central-1:666666666666:key/1234abcd-12ab-34cd-56ef-1234567890ab',
      ApiGatewayCallsPerSecond: '5',
      Inventory: 'apigateway',
      Reporting: 'all',
      SecurityHub: 'on',
      FindingOwner: 'value',
    },
  },
  'the front door': {
    configuration: {
      ...base,
      function: { code: { bucket: 'code-REGION', key: 'v1.zip' } },
      rule: { parameters: { ...DEFAULTS(), reporting: 'all', ownerTagPattern: '[a-z]+', securityHub: 'on' } },
      frontDoor: FRONT_DOOR,
      alerts: { email: 'security@example.com', reminderDays: [30, 7, 0] },
    },
    parameters: {
      CodeKey: 'v1.zip',
      CodeBucketPrefix: 'code',
      AlertBusArn: ALERT_BUS,
      ReminderDays: '30,7,0',
      Reporting: 'all',
      OwnerTagPattern: '[a-z]+',
      SecurityHub: 'on',
      FrontDoor: 'on',
      FrontDoorFrequency: 'Six_Hours',
      RequireMutualTls: 'api.example.com,*.partner.example.com,a1b2c3d4e5',
      TruststoreWindowDays: '120',
      TruststoreBuckets: 'arn:aws:s3:::example-truststores,arn:aws:s3:::example.partners',
    },
  },
  'the front door with all defaults, without alerts': {
    configuration: {
      ...base,
      function: { code: { bucket: 'code-REGION', key: 'v1.zip' } },
      rule: { frequency: 'Three_Hours', parameters: DEFAULTS() },
      frontDoor: { enabled: true, truststoreWindowDays: 90 },
    },
    parameters: { CodeKey: 'v1.zip', CodeBucketPrefix: 'code', Frequency: 'Three_Hours', FrontDoor: 'on' },
  },
  'the front door with one bucket, without reminders': {
    configuration: {
      ...base,
      function: { code: { bucket: 'code-REGION', key: 'v1.zip' } },
      rule: { parameters: { ...DEFAULTS(), exemptionTag: 'exempt', inventory: 'config' } },
      frontDoor: {
        enabled: true,
        checks: ['mutual-tls', 'truststore', 'private-front-door', 'tls-policy', 'domain-certificate'],
        truststoreWindowDays: 1,
        truststoreBuckets: ['arn:aws:s3:::example-truststores'],
      },
    },
    parameters: {
      CodeKey: 'v1.zip',
      CodeBucketPrefix: 'code',
      ExemptionTag: 'exempt',
      Inventory: 'config',
      FrontDoor: 'on',
      TruststoreWindowDays: '1',
      TruststoreBuckets: 'arn:aws:s3:::example-truststores',
    },
  },
  'without a reservation and alerts': {
    configuration: {
      ...base,
      name: 'other-2',
      function: { reservedConcurrency: 'none', code: { bucket: 'code-REGION', key: 'v1.zip' } },
      rule: { parameters: DEFAULTS() },
    },
    parameters: { Name: 'other-2', CodeKey: 'v1.zip', CodeBucketPrefix: 'code', ReservedConcurrency: 'none' },
  },
  'only an event bus, and exemptions without a key': {
    configuration: {
      ...base,
      function: { code: { bucket: 'code-REGION', key: 'v1.zip' } },
      rule: { parameters: { ...DEFAULTS(), exemptions: 's3://example-exemptions/a/b', apiGatewayCallsPerSecond: 8 } },
      alerts: { eventBus: EVENT_BUS, reminderDays: [] },
    },
    parameters: {
      CodeKey: 'v1.zip',
      CodeBucketPrefix: 'code',
      EventBusArn: EVENT_BUS,
      ReminderDays: '7,0',
      Exemptions: 's3://example-exemptions/a/b',
      ApiGatewayCallsPerSecond: '8',
    },
  },
};

function DEFAULTS() {
  return { expiryWindowDays: 60, managedRenewalWindowDays: 30, ownerTagKeys: ['owner', 'Owner'], securityHub: 'off' };
}

test.each(Object.entries(SETTINGS))('%s: the template is what the CDK app deploys', (_, settings) => {
  const { configuration, parameters } = settings;
  const app = templatesOf({ ...configuration, tags: { application: 'stagecert' } });
  const [deployed] = Object.entries(app).flatMap(([name, template]) => (name.endsWith('> template') ? [template] : []));
  const defaults = Object.entries(STACK_SET_PARAMETERS).map(([name, { default: value }]) => [name, value]);
  const values = { ...Object.fromEntries(defaults), ...parameters };
  expect(evaluate(stackSetTemplate(), values)).toEqual(evaluate(deployed ?? {}, {}));
});

const matches = (parameter: string, value: string) =>
  new RegExp(`^(?:${STACK_SET_PARAMETERS[parameter]?.allowedPattern})$`).test(value);

test.each(['AlertBusArn', 'EventBusArn'])('%s refuses every default bus, and no other one', (parameter) => {
  const arn = (bus: string) => `arn:aws:events:eu-west-1:222222222222:event-bus/${bus}`;
  expect(matches(parameter, arn('default'))).toBe(false);
  expect(matches(parameter, '')).toBe(true);
  const names = [
    ...Array.from('default', (_, index) => 'default'.slice(0, index + 1)).filter((name) => name !== 'default'),
    ...Array.from('default', (_, index) => `${'default'.slice(0, index)}x${'default'.slice(index + 1)}`),
    ...[
      'Default',
      'DEFAULT',
      'default-2',
      'default/x',
      'my-default',
      'stagecert',
      'aws.partner/example.com/1',
      '-d',
      '_',
    ],
  ];
  expect(names.filter((name) => !matches(parameter, arn(name)))).toEqual([]);
  expect(STACK_SET_PARAMETERS[parameter]?.constraintDescription).toContain('not that of a default bus');
});

test.each([
  ['none', true],
  ['7,0', true],
  ['30,14,7,1,0', true],
  ['365,7,6,0', true],
  ['30,14,1,0', false],
  ['30,7', false],
  ['17,0', false],
  ['0', false],
  ['7,0,0', false],
  ['366,7,0', false],
])('ReminderDays %s: allowed: %s, because the severity rises at 7 and 0', (value, allowed) => {
  expect(matches('ReminderDays', value)).toBe(allowed);
});

test.each(EXEMPTION_DOCUMENTS)('Exemptions %j: allowed: %s, as in the configuration file', (value, allowed) => {
  const { maxLength = 0 } = STACK_SET_PARAMETERS.Exemptions ?? {};
  expect(ruleParametersSchema.safeParse({ exemptions: value }).success).toBe(allowed);
  expect(matches('Exemptions', value) && value.length <= maxLength).toBe(allowed);
});

test('an exemption document is optional', () => {
  expect(matches('Exemptions', '') && matches('ExemptionsKmsKey', '')).toBe(true);
});

const PSEUDO = { 'AWS::AccountId': '111122223333', 'AWS::Region': 'eu-west-1', 'AWS::Partition': 'aws' };

interface ConditionalTemplate {
  readonly Conditions?: Record<string, unknown>;
  readonly Resources: Record<string, { Type: string; Condition?: string; Properties: object }>;
}

/**
 * Returns the resources of a template as CloudFormation would create them, by logical id without
 * the hash and the deployment's name.
 */
function evaluate(template: object, parameters: Record<string, string>): object {
  const { Conditions = {}, Resources } = template as ConditionalTemplate;
  const values: Record<string, string> = { ...PSEUDO, ...parameters };
  const REMOVED = Symbol('AWS::NoValue');

  function holds(condition: unknown): boolean {
    const [[name, argument]] = Object.entries(condition as object) as [[string, never]];
    switch (name) {
      case 'Condition':
        return holds(Conditions[argument]);
      case 'Fn::Not':
        return !holds(argument[0]);
      case 'Fn::And':
        return (argument as unknown[]).every(holds);
      case 'Fn::Or':
        return (argument as unknown[]).some(holds);
      default:
        return evaluated(argument[0]) === evaluated(argument[1]);
    }
  }

  function evaluated(value: unknown): unknown {
    if (Array.isArray(value)) {
      return listOrOnly(value.map(evaluated).filter((element) => element !== REMOVED));
    }
    if (value === null || typeof value !== 'object') {
      return typeof value === 'string' ? normalized(value) : value;
    }
    const [[name, argument] = ['', undefined as never], ...more] = Object.entries(value) as [string, never][];
    if (more.length === 0) {
      switch (name) {
        case 'Ref':
          return argument === 'AWS::NoValue' ? REMOVED : normalized(values[argument] ?? `Ref ${shortId(argument)}`);
        case 'Fn::GetAtt':
          return `GetAtt ${shortId(argument[0])} ${argument[1]}`;
        case 'Fn::If':
          return evaluated(holds(Conditions[argument[0]]) ? argument[1] : argument[2]);
        case 'Fn::Select':
          return [evaluated(argument[1])].flat()[argument[0]];
        case 'Fn::Split':
          return listOrOnly((evaluated(argument[1]) as string).split(argument[0]));
        case 'Fn::Join':
          return normalized([evaluated(argument[1])].flat().join(argument[0]));
        case 'Fn::Sub':
          return substituted(argument);
      }
    }
    const entries = Object.entries(value).map(([key, child]) => [key, evaluated(child)]);
    return Object.fromEntries(entries.filter(([, child]) => child !== REMOVED));
  }

  /** CDK writes a list with one element as that element, and numbers targets. */
  function listOrOnly(elements: unknown[]): unknown {
    const [only] = elements;
    return elements.length === 1 && typeof only === 'string' ? only : elements.map(withoutId);
  }

  function substituted(argument: string | [string, Record<string, unknown>]): string {
    const [text, variables] = typeof argument === 'string' ? [argument, {}] : argument;
    const all: Record<string, unknown> = { ...values, ...variables };
    const value = text.replaceAll(/\$\{(!?)([^}]*)\}/g, (_, literal, name) => {
      expect(literal || name in all, name).toBeTruthy();
      return literal ? `\${${name}}` : String(evaluated(all[name]));
    });
    return String(normalized(value));
  }

  const created = Object.entries(Resources).filter(
    ([, { Condition }]) => Condition === undefined || holds({ Condition }),
  );
  const resources = created.map(([id, { Type, Properties }]) => [
    shortId(id),
    { Type, Properties: evaluated({ ...(Type === 'AWS::IAM::Role' ? { Path: '/' } : {}), ...Properties }) },
  ]);
  return Object.fromEntries(resources);
}

const withoutId = (element: unknown) =>
  element !== null && typeof element === 'object' && 'Id' in element ? { ...element, Id: '' } : element;

/** Returns a logical id without the hash and the deployment's name. */
const shortId = (id: string) => id.replace(/[0-9A-F]{8}$/, '').replace(/(?<=^Rules)(stagecert|other2)/, '');

/** Returns text in which rule parameters are in alphabetical order, and numbers are numbers. */
function normalized(text: string): unknown {
  if (/^[0-9]+$/.test(text)) {
    return Number(text);
  }
  return text.replace(/(?<="ruleParameters":)"(\{.*?\})"(?=[,}])/, (_, parameters) => {
    const entries = Object.entries(JSON.parse(JSON.parse(`"${parameters}"`)));
    return JSON.stringify(entries.sort(([one], [other]) => (one < other ? -1 : 1)));
  });
}

test('the templates without CDK can start no rotations, as docs/rotation.md says', () => {
  const text = JSON.stringify([stackSetTemplate(), alertsTemplate()]);
  expect(text.includes('AWS::SSM::Document') || text.includes('RemediationConfiguration')).toBe(false);
  expect(Object.keys(STACK_SET_PARAMETERS).filter((name) => name.startsWith('Rotation'))).toEqual([]);
  const page = readFileSync(join(__dirname, '../../../docs/rotation.md'), 'utf8').replaceAll(/\s+/g, ' ');
  expect(page).toContain("The templates without CDK and the Terraform module don't have the option.");
});
