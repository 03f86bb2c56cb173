import { FREQUENCIES } from '../rule/frequency';
import { BUCKET_ARN, DEFAULT_TRUSTSTORE_WINDOW_DAYS, FRONT_DOOR_CHECKS, NAME_GLOB } from '../rule/front-door';
import { is, type Json } from './placeholders';
import { listOf, type TemplateParameter, WHOLE_DAYS } from './template-parameters';

/** The parameters of the rule for the front door. */
export const FRONT_DOOR_PARAMETERS = {
  FrontDoor: {
    description: 'Whether there is a rule for the front door: mutual TLS of APIs and custom domain names',
    default: 'off',
    allowedValues: ['off', 'on'],
  },
  FrontDoorChecks: {
    description: 'The checks of the front door, separated by commas. Empty: all five',
    default: '',
    allowedPattern: `(${listOf(...FRONT_DOOR_CHECKS)})?`,
    constraintDescription: `must be some of ${FRONT_DOOR_CHECKS.join(', ')}`,
  },
  FrontDoorFrequency: {
    description: 'How often the front door is evaluated. Empty: Frequency',
    default: '',
    allowedValues: ['', ...FREQUENCIES],
  },
  RequireMutualTls: {
    description: 'Comma-separated globs over domain names and API ids that must require a certificate. Empty: none',
    default: '',
    allowedPattern: `(${NAME_GLOB}(,${NAME_GLOB})*)?`,
    constraintDescription:
      'must be names and ids, separated by commas, in which * stands for any characters and ? for one',
  },
  TruststoreWindowDays: {
    description: 'Truststores with a CA that expires within this number of days are NON_COMPLIANT',
    default: String(DEFAULT_TRUSTSTORE_WINDOW_DAYS),
    ...WHOLE_DAYS,
  },
  TruststoreBuckets: {
    description: 'Comma-separated ARNs of the buckets with the truststores of custom domain names. Empty: none',
    default: '',
    allowedPattern: `(${BUCKET_ARN}(,${BUCKET_ARN})*)?`,
    constraintDescription: 'must be ARNs of buckets, separated by commas',
  },
} satisfies Record<string, TemplateParameter>;

/** The settings with which the stack is synthesized. */
export const FRONT_DOOR_PLACEHOLDER = { truststoreBuckets: ['arn:aws:s3:::zz-truststores-zz'] };

/** The beginning of the logical id of the rule for the front door. */
export const FRONT_DOOR_RULE_ID = 'Rulesfrontdoor';

/** The condition of each statement of the function's role. */
export const FRONT_DOOR_CONDITIONS_BY_SID: Readonly<Record<string, string>> = {
  ReadFrontDoor: 'EvaluatesFrontDoor',
  ReadRoutingRules: 'EvaluatesFrontDoor',
  ReadDomainCertificates: 'EvaluatesFrontDoor',
  ReadPrivateFrontDoor: 'EvaluatesFrontDoor',
  ReadListenerTrustStores: 'EvaluatesFrontDoor',
  ReadTruststores: 'ReadsTruststores',
  DecryptTruststores: 'ReadsTruststores',
};

/** Returns the conditions of what only the front door needs. */
export const frontDoorConditions = (): Record<string, Json> => {
  const both = (other: string): Json => ({ 'Fn::And': [{ Condition: other }, { Condition: 'EvaluatesFrontDoor' }] });
  return {
    EvaluatesFrontDoor: is('FrontDoor', 'on'),
    ReadsTruststores: both('HasTruststoreBuckets'),
    SendsFrontDoorReminders: both('SendsReminders'),
  };
};

const BUCKETS: Json = { Ref: 'TruststoreBuckets' };

/** All objects of the buckets, as one text. */
const OBJECTS: Json = { 'Fn::Join': ['', [{ 'Fn::Join': ['/*,', { 'Fn::Split': [',', BUCKETS] }] }, '/*']] };

/** Sets what a statement allows on the truststores. CloudFormation has no loop over a parameter. */
export function setTruststores(statement: { Sid?: string; Resource: Json; Condition?: Json }): void {
  if (statement.Sid === 'ReadTruststores') {
    statement.Resource = { 'Fn::Split': [',', OBJECTS] };
  }
  if (statement.Sid === 'DecryptTruststores') {
    const { StringLike } = statement.Condition as { StringLike: Record<string, Json> };
    StringLike['kms:EncryptionContext:aws:s3:arn'] = { 'Fn::Split': [',', { 'Fn::Join': [',', [BUCKETS, OBJECTS]] }] };
  }
}
