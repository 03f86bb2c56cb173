import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { MAX_RUNBOOK_LENGTH } from '../alerts/alert-settings';
import { AlertsStack } from '../alerts/alerts-stack';
import { codeFromBucket } from '../evaluator/code-stacks';
import { DeploymentNames } from '../names';
import { synthesizeTemplate } from '../organization/template';
import { type Json, onlyIf, type ParameterizedTemplate, type Resource, replacePlaceholders } from './placeholders';
import {
  CODE_BUCKET,
  CODE_PARAMETERS,
  optionalConditions,
  setLogGroupProperties,
  setRoleProperties,
} from './shared-parameters';
import {
  FUNCTION_PARAMETERS,
  NAME,
  NAME_PLACEHOLDER,
  parameterSection,
  TEMPLATE_TAGS,
  type TemplateParameter,
} from './template-parameters';

const { Architecture, LogRetentionDays, LogKmsKey, RolePath, PermissionsBoundary } = FUNCTION_PARAMETERS;

/** The parameters of the template. Those about functions and roles apply to the mailer. */
export const ALERTS_PARAMETERS: Readonly<Record<string, TemplateParameter>> = {
  Name: NAME,
  Email: {
    description: 'The address that receives all alerts, after it has confirmed the subscription',
    allowedPattern: '[^@ ]+@[^@ ]+',
    constraintDescription: 'must be an email address',
  },
  OrganizationId: {
    description: 'The organization whose accounts may send alerts',
    allowedPattern: 'o-[a-z0-9]{10,32}',
    constraintDescription: "must be an organization's id (o-...)",
  },
  Runbook: {
    description: 'The https URL of your instructions, which is in every email about stages. Empty: none',
    default: '',
    allowedPattern: "(https://[\\w.~:/?#\\[\\]@!$&'()*+,;=%-]+)?",
    maxLength: MAX_RUNBOOK_LENGTH,
    constraintDescription: `must be an https URL of at most ${MAX_RUNBOOK_LENGTH} characters, or empty`,
  },
  ...CODE_PARAMETERS,
  Architecture,
  LogRetentionDays,
  LogKmsKey,
  RolePath,
  PermissionsBoundary,
};

// What stands for a parameter while the stack is synthesized.
const PLACEHOLDER = {
  email: 'recipient@example.com',
  organization: 'o-zzzzzzzzzz',
  runbook: 'https://zz-runbook-zz',
  bucket: 'zz-bucket-zz',
  key: 'zz-key-zz',
} as const;

/**
 * Returns the template of the stack that sends emails, for your own StackSet. It is deployed
 * once, in the home Region; its output `EventBusArn` is the StackSet's parameter `AlertBusArn`.
 */
export function alertsTemplate(): ParameterizedTemplate {
  const names = new DeploymentNames(NAME_PLACEHOLDER);
  const template = synthesizeTemplate(
    (app, id, props) =>
      new AlertsStack(app, id, {
        ...props,
        name: NAME_PLACEHOLDER,
        organizationId: PLACEHOLDER.organization,
        alerts: { email: PLACEHOLDER.email, runbook: PLACEHOLDER.runbook },
        // No event is about a rule that an account doesn't have.
        ruleNames: [names.rule(), names.frontDoorRule],
        mailer: {
          code: (stack) => codeFromBucket(stack, PLACEHOLDER.bucket, PLACEHOLDER.key),
          architecture: 'arm64',
          logRetention: RetentionDays.ONE_YEAR,
        },
      }),
    TEMPLATE_TAGS,
  ) as ParameterizedTemplate;
  for (const resource of Object.values(template.Resources)) {
    setProperties(resource);
  }
  const strings = [
    { placeholder: new RegExp(NAME_PLACEHOLDER), variable: 'Name' },
    { placeholder: new RegExp(`^${PLACEHOLDER.email}$`), variable: 'Email' },
    { placeholder: new RegExp(`^${PLACEHOLDER.organization}$`), variable: 'OrganizationId' },
    { placeholder: new RegExp(`^${PLACEHOLDER.bucket}$`), variable: 'CodeBucket', value: () => CODE_BUCKET },
    { placeholder: new RegExp(`^${PLACEHOLDER.key}$`), variable: 'CodeKey' },
  ];
  const { Description, Resources, ...sections } = replacePlaceholders(template, { strings, elements: {} });
  return {
    Description,
    Parameters: parameterSection(ALERTS_PARAMETERS),
    Conditions: optionalConditions(ALERTS_PARAMETERS),
    Resources,
    ...sections,
  };
}

/** Sets the properties that are whole parameters. */
function setProperties({ Type, Properties }: Resource): void {
  const properties = Properties as Record<string, Json>;
  switch (Type) {
    case 'AWS::Lambda::Function': {
      properties.Architectures = [{ Ref: 'Architecture' }];
      const { Variables } = properties.Environment as { Variables: Record<string, Json> };
      Variables.STAGECERT_RUNBOOK = onlyIf('HasRunbook', { Ref: 'Runbook' });
      break;
    }
    case 'AWS::Logs::LogGroup':
      setLogGroupProperties(properties);
      break;
    case 'AWS::IAM::Role':
      setRoleProperties(properties);
      break;
  }
}
