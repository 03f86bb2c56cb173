import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { ARCHITECTURES } from '../evaluator/evaluator-code';
import { DEFAULT_NAME, MAX_NAME_LENGTH } from '../names';
import { FREQUENCIES } from '../rule/frequency';
import {
  ALLOWED_DOCUMENT,
  CHECKS,
  EXEMPTION_DOCUMENT,
  MAX_DOCUMENT_LENGTH,
  type RuleParameters,
} from '../rule/rule-parameters';
import { VERSION } from '../version';
import type { Json } from './placeholders';

/** One parameter of a template. All are strings: Terraform passes only strings to a StackSet. */
export interface TemplateParameter {
  readonly description: string;

  /** @default - the parameter is required */
  readonly default?: string;

  /** @default - any value that matches the pattern */
  readonly allowedValues?: readonly string[];

  /** The pattern that the whole value matches, in the syntax that Java and RE2 share. */
  readonly allowedPattern?: string;

  /** The maximum length in characters. */
  readonly maxLength?: number;

  /** What the pattern allows, as in "must be …". */
  readonly constraintDescription?: string;
}

/** Returns a pattern of one or more values, separated by commas. */
export const listOf = (...values: string[]) => `(${values.join('|')})(,(${values.join('|')}))*`;

/**
 * Text that can be inserted into JSON and into EventBridge's templates without escaping: both would
 * need it for quotes, backslashes and angle brackets.
 */
const TEXT = { allowedPattern: '[ !#-;=?-\\[\\]-~]*', constraintDescription: 'must be ASCII text without " \\ < >' };

const DAYS = '([1-9][0-9]?|[12][0-9][0-9]|3[0-5][0-9]|36[0-5])';
export const WHOLE_DAYS = { allowedPattern: DAYS, constraintDescription: 'must be a whole number from 1 to 365' };

/**
 * The names of buses other than `default`. RE2 has no look-ahead, so these are the names that
 * differ from it in a letter, are a beginning of it, or are longer.
 */
const OTHER_THAN_DEFAULT = [...'default']
  .map((letter, index) => `${'default'.slice(0, index)}[${others(letter)}][\\w./-]*`)
  .concat('d(e(f(a(u(l)?)?)?)?)?', 'default[\\w./-]+')
  .join('|');

/** Returns a class of the characters of a bus name other than a lowercase letter. */
function others(letter: string): string {
  const before = String.fromCharCode(letter.charCodeAt(0) - 1);
  const after = String.fromCharCode(letter.charCodeAt(0) + 1);
  return `A-Z0-9_./a-${before}${after}-z-`.replace('a-`', '');
}

/** A bus that is not the default bus of an account, from which the events come. */
const BUS = {
  default: '',
  allowedPattern: `(arn:aws[a-z-]*:events:[a-z0-9-]+:[0-9]{12}:event-bus/(${OTHER_THAN_DEFAULT}))?`,
  constraintDescription:
    'must be the ARN of an event bus, or empty; not that of a default bus: events come from there, and would return to it ' +
    'without end',
};

/** The deployment's name, which the names of all resources start with. */
export const NAME: TemplateParameter = {
  description: 'The name of the deployment, with which the names of all resources start',
  default: DEFAULT_NAME,
  allowedPattern: '[a-z](-?[a-z0-9])*',
  maxLength: MAX_NAME_LENGTH,
  constraintDescription: `must be at most ${MAX_NAME_LENGTH} lowercase letters, digits and single hyphens`,
};

/** The parameters of the function. */
export const FUNCTION_PARAMETERS = {
  Architecture: {
    description: 'The processor for which the code is built',
    default: 'arm64',
    allowedValues: Object.keys(ARCHITECTURES),
  },
  MemoryMegabytes: {
    description: 'The memory of the function',
    default: '128',
    allowedPattern: '12[89]|1[3-9][0-9]|[2-9][0-9]{2}|[1-9][0-9]{3}|10[01][0-9]{2}|102[0-3][0-9]|10240',
    constraintDescription: 'must be a whole number from 128 to 10240',
  },
  TimeoutSeconds: {
    description: 'The timeout of the function',
    default: '900',
    allowedPattern: '[3-9][0-9]|[1-8][0-9]{2}|900',
    constraintDescription: 'must be a whole number from 30 to 900',
  },
  ReservedConcurrency: {
    description: 'The reserved concurrency, or none for accounts with a concurrency quota of 10',
    default: '1',
    allowedPattern: '[1-9][0-9]{0,2}|1000|none',
    constraintDescription: 'must be a whole number from 1 to 1000, or none',
  },
  LogRetentionDays: {
    description: 'The retention of the log group',
    default: String(RetentionDays.ONE_YEAR),
    allowedValues: Object.values(RetentionDays)
      .filter((days) => typeof days === 'number' && days !== RetentionDays.INFINITE)
      .map(String),
  },
  LogKmsKey: {
    description:
      'The ARN of the KMS key of the log group, with REGION for its Region. Empty: the key of CloudWatch Logs',
    default: '',
    allowedPattern: '(arn:aws[a-z-]*:kms:REGION:[0-9]{12}:key/[a-zA-Z0-9-]+)?',
    constraintDescription: 'must be the ARN of a key with REGION for its Region, or empty',
  },
  RolePath: {
    description: 'The path of all roles',
    default: '/',
    allowedPattern: '/([\\w+=,.@-]+/)*',
    maxLength: 512,
    constraintDescription: 'must be letters, digits and +=,.@_- between slashes',
  },
  PermissionsBoundary: {
    description: 'The path and name of the permissions boundary of all roles, in each account. Empty: none',
    default: '',
    allowedPattern: '[\\w+=,.@/-]*',
    constraintDescription: "must be a policy's path and name, or empty",
  },
  Metrics: {
    description: 'The metrics that the function writes',
    default: 'full',
    allowedValues: ['full', 'few', 'none'],
  },
} satisfies Record<string, TemplateParameter>;

/** The parameters of the rule. An empty value means the default of docs/parameters.md. */
export const RULE_PARAMETERS: Readonly<Record<keyof RuleParameters, TemplateParameter>> = {
  checks: {
    description: 'The checks, separated by commas. Empty: all four',
    default: '',
    allowedPattern: `(${listOf(...CHECKS)})?`,
    constraintDescription: `must be some of ${CHECKS.join(', ')}`,
  },
  expiryWindowDays: {
    description: 'Certificates that expire within this number of days are NON_COMPLIANT',
    default: '60',
    ...WHOLE_DAYS,
  },
  managedRenewalWindowDays: {
    description: 'The same for ACM certificates that ACM renews automatically',
    default: '30',
    ...WHOLE_DAYS,
  },
  ownerTagKeys: { description: 'Comma-separated tag keys; any one is enough', default: 'owner,Owner', ...TEXT },
  ownerTagPattern: {
    description: 'A regular expression without backslashes that an owner must match. Empty: any value',
    default: '',
    ...TEXT,
  },
  ownerTagOn: {
    description: 'Where an owner tag is required: stage, certificate or both. Empty: both',
    default: '',
    allowedPattern: '(stage|certificate|stage,certificate|certificate,stage)?',
    constraintDescription: 'must be stage, certificate or both, separated by a comma',
  },
  certificateIds: { description: 'The only certificates that count as attached. Empty: any', default: '', ...TEXT },
  certificateSharing: {
    description: 'Which certificates may be shared: none, same-api, acm. Empty: none',
    default: '',
    allowedPattern: '(none|same-api|acm|same-api,acm|acm,same-api)?',
    constraintDescription: 'must be none, same-api, acm, or same-api,acm',
  },
  appliesTo: {
    description: 'The stages that need a certificate. Empty: http-integrations',
    default: '',
    allowedValues: ['', 'http-integrations', 'all-stages'],
  },
  includeStages: { description: 'Comma-separated globs over apiId/stageName. Empty: all stages', default: '', ...TEXT },
  excludeStages: {
    description: 'Comma-separated exemptions, see docs/exemptions.md. Empty: none',
    default: '',
    ...TEXT,
  },
  exemptionTag: {
    description: 'The key of a tag that exempts a stage, see docs/exemptions.md. Empty: tags exempt nothing',
    default: '',
    allowedPattern: '([\\w.:/=+@-]([\\w .:/=+@-]*[\\w.:/=+@-])?)?',
    maxLength: 128,
    constraintDescription: 'must be a tag key of ASCII letters, digits, spaces and _.:/=+@-, or empty',
  },
  exemptions: {
    description: 'The exemption document, s3://BUCKET/KEY. Empty: none',
    default: '',
    allowedPattern: `(${EXEMPTION_DOCUMENT})?`,
    maxLength: MAX_DOCUMENT_LENGTH,
    constraintDescription: `must be empty, or ${ALLOWED_DOCUMENT}`,
  },
  apiGatewayCallsPerSecond: {
    description: 'How many of the ten API Gateway calls per second of an account one process uses. Empty: 3',
    default: '',
    allowedValues: ['', ...Array.from({ length: 8 }, (_, index) => String(index + 1))],
  },
  inventory: {
    description: 'The source of the list of stages. Empty: config',
    default: '',
    allowedValues: ['', 'config', 'apigateway'],
  },
  reporting: {
    description: 'Which results a sweep puts. Empty: changed',
    default: '',
    allowedValues: ['', 'changed', 'all'],
  },
  securityHub: {
    description: 'Whether findings are imported into Security Hub',
    default: 'off',
    allowedValues: ['off', 'on'],
  },
  findingOwner: {
    description: 'What findings say about the owner. Empty: key',
    default: '',
    allowedValues: ['', 'key', 'value'],
  },
};

/** The key of the exemption document, which determines a permission. */
export const EXEMPTIONS_KMS_KEY: TemplateParameter = {
  description: 'The ARN of the KMS key that encrypts the document of Exemptions. Empty: none',
  default: '',
  allowedPattern: '(arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[a-zA-Z0-9-]+)?',
  constraintDescription: 'must be the ARN of a key, or empty',
};

/** The parameters of the schedule and the alerts. */
export const DEPLOYMENT_PARAMETERS = {
  Frequency: {
    description: 'How often all stages are evaluated',
    default: 'TwentyFour_Hours',
    allowedValues: FREQUENCIES,
  },
  AlertBusArn: {
    description: 'The bus of the alerts stack, its output EventBusArn. Empty: no emails',
    ...BUS,
  },
  EventBusArn: { description: 'The ARN of your event bus, which receives the events unchanged. Empty: none', ...BUS },
  ReminderDays: {
    description:
      'Days before expiry on which reminders are sent, at most ExpiryWindowDays, with 7 and 0 (it has expired), because the ' +
      'severity rises then; or none, without the check certificate-expiry',
    default: '30,14,7,1,0',
    allowedPattern: `none|(${DAYS},)*7,(${DAYS},)*0`,
    constraintDescription: 'must be whole numbers from 1 to 365 that include 7, and 0 as the last one; or none',
  },
} satisfies Record<string, TemplateParameter>;

/** Returns the name of the template's parameter for a rule parameter. */
export function templateParameter(rule: string): string {
  return rule.charAt(0).toUpperCase() + rule.slice(1);
}

/** Returns the section `Parameters`. */
export function parameterSection(parameters: Readonly<Record<string, TemplateParameter>>): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, { description, default: value, ...more }]) => [
      name,
      {
        Type: 'String',
        Description: description,
        ...(value === undefined ? {} : { Default: value }),
        ...(more.allowedValues === undefined ? {} : { AllowedValues: [...more.allowedValues] }),
        ...(more.allowedPattern === undefined ? {} : { AllowedPattern: more.allowedPattern }),
        ...(more.maxLength === undefined ? {} : { MaxLength: more.maxLength }),
        ...(more.constraintDescription === undefined ? {} : { ConstraintDescription: more.constraintDescription }),
      },
    ]),
  );
}

/** What stands for the deployment's name while a stack is synthesized. */
export const NAME_PLACEHOLDER = 'zz-name-zz';

/** The tags of all resources. */
export const TEMPLATE_TAGS: Readonly<Record<string, string>> = {
  application: 'stagecert',
  'stagecert:deployment': NAME_PLACEHOLDER,
  'stagecert:version': VERSION,
};

/** The action that a function needs only without a reserved concurrency, and its condition. */
export const WITHOUT_RESERVATION: Readonly<Record<string, string>> = {
  'config:GetComplianceDetailsByResource': '!Reserves',
};
