import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { codeFromBucket } from '../evaluator/code-stacks';
import { DeploymentNames } from '../names';
import { synthesizeTemplate } from '../organization/template';
import type { RuleParameters } from '../rule/rule-parameters';
import { AccountStack } from './account-stack';
import {
  FRONT_DOOR_CONDITIONS_BY_SID,
  FRONT_DOOR_PARAMETERS,
  FRONT_DOOR_PLACEHOLDER,
  FRONT_DOOR_RULE_ID,
  frontDoorConditions,
  setTruststores,
} from './front-door-template';
import {
  is,
  isNot,
  type Json,
  onlyIf,
  type ParameterizedTemplate,
  type Resource,
  replacePlaceholders,
  spreadConditions,
} from './placeholders';
import {
  CODE_BUCKET,
  CODE_PARAMETERS,
  optionalConditions,
  setLogGroupProperties,
  setRoleProperties,
} from './shared-parameters';
import {
  DEPLOYMENT_PARAMETERS,
  EXEMPTIONS_KMS_KEY,
  FUNCTION_PARAMETERS,
  NAME,
  NAME_PLACEHOLDER,
  parameterSection,
  RULE_PARAMETERS,
  TEMPLATE_TAGS,
  type TemplateParameter,
  templateParameter,
} from './template-parameters';
import { parameterTexts, setRuleProperties } from './template-rules';

/** The parameters of the template for a StackSet, in the order in which the console shows them. */
export const STACK_SET_PARAMETERS: Readonly<Record<string, TemplateParameter>> = {
  Name: NAME,
  ...CODE_PARAMETERS,
  ...FUNCTION_PARAMETERS,
  ...DEPLOYMENT_PARAMETERS,
  ...Object.fromEntries(Object.entries(RULE_PARAMETERS).map(([key, value]) => [templateParameter(key), value])),
  ExemptionsKmsKey: EXEMPTIONS_KMS_KEY,
  ...FRONT_DOOR_PARAMETERS,
};

// What stands for a parameter while the stack is synthesized.
const PLACEHOLDER = {
  name: NAME_PLACEHOLDER,
  alertBus: 'arn:aws:events:eu-west-1:000000000000:event-bus/alerts',
  eventBus: 'arn:aws:events:eu-west-1:000000000000:event-bus/events',
  bucket: 'zz-bucket-zz',
  key: 'zz-key-zz',
  days: [364, 363],
  exemptionsKmsKey: 'arn:aws:kms:zz-region-zz:000000000000:key/zz-key-id-zz',
  parameters: {
    ownerTagPattern: 'zz-parameters-zz',
    exemptions: 's3://zz-exemptions-zz/zz-document-zz',
    inventory: 'apigateway',
    securityHub: 'on',
  },
} as const;

/**
 * Returns the template for your own StackSet: function and rule of one account and Region, with all
 * settings as parameters. It is the template that `deploymentMode: stack-set` deploys, with
 * references instead of settings.
 */
export function stackSetTemplate(): ParameterizedTemplate {
  const { name, parameters } = PLACEHOLDER;
  const names = new DeploymentNames(name);
  const template = synthesizeTemplate(
    (app, id, props) =>
      new AccountStack(app, id, {
        ...props,
        code: (stack) => codeFromBucket(stack, PLACEHOLDER.bucket, PLACEHOLDER.key),
        evaluator: {
          name,
          architecture: 'arm64',
          memoryMegabytes: 128,
          timeoutSeconds: 900,
          logRetention: RetentionDays.ONE_YEAR,
        },
        rule: {
          name,
          frequency: 'TwentyFour_Hours',
          rules: 'combined',
          parameters: parameters as RuleParameters,
          exemptionsKmsKey: PLACEHOLDER.exemptionsKmsKey,
          frontDoor: FRONT_DOOR_PLACEHOLDER,
        },
        alerts: {
          buses: [PLACEHOLDER.alertBus, PLACEHOLDER.eventBus],
          changeBuses: [PLACEHOLDER.eventBus],
          failureBuses: [PLACEHOLDER.alertBus],
          ruleNames: [names.rule(), names.frontDoorRule],
          reminderDays: PLACEHOLDER.days,
          frontDoorReminderDays: PLACEHOLDER.days,
        },
        dashboard: false,
      }),
    TEMPLATE_TAGS,
  );
  return parameterize(template);
}

/** The bucket and key of the exemption document. */
const EXEMPTIONS_OBJECT: Json = { 'Fn::Select': [1, { 'Fn::Split': ['s3://', { Ref: 'Exemptions' }] }] };

/** The Region of the key of the exemption document. */
const EXEMPTIONS_KEY_REGION: Json = { 'Fn::Select': [3, { 'Fn::Split': [':', { Ref: 'ExemptionsKmsKey' }] }] };

/** The condition of the resources whose logical ids start with this; the first match counts. */
const CONDITIONS_BY_PREFIX = [
  ['AlertsForwardingchanges', 'HasEventBusArn'],
  ['AlertsForwardingfunctionfailures', 'HasAlertBusArn'],
  ['EvaluatorOnFailure', 'HasAlertBusArn'],
  ['AlertsReminders', 'SendsReminders'],
  ['AlertsFrontDoorReminders', 'SendsFrontDoorReminders'],
  ['Alerts', 'SendsAlerts'],
  [FRONT_DOOR_RULE_ID, 'EvaluatesFrontDoor'],
] as const;

/** The condition of each statement of the function's role and queue that isn't always needed. */
const CONDITIONS_BY_SID: Readonly<Record<string, string>> = {
  SendEvents: 'SendsAlerts',
  RememberReminders: 'SendsReminders',
  ImportFindings: 'ImportsFindings',
  ReadFindings: 'ImportsFindings',
  ReadExemptions: 'HasExemptions',
  DecryptExemptions: 'HasExemptionsKmsKey',
  KeepUndeliveredEvents: 'SendsAlerts',
  ...FRONT_DOOR_CONDITIONS_BY_SID,
};

/** The condition of each resource of a statement that isn't always needed, by its ending. */
const CONDITIONS_BY_RESOURCE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ReadApiGateway: { '::/restapis': 'ListsApis' },
  RememberReminders: { '/last-reminders-front-door': 'SendsFrontDoorReminders' },
};

function conditions(): Record<string, Json> {
  const condition = (Condition: string) => ({ Condition });
  return {
    ...optionalConditions(STACK_SET_PARAMETERS),
    Reserves: isNot('ReservedConcurrency', 'none'),
    ImportsFindings: is('SecurityHub', 'on'),
    ListsApis: is('Inventory', 'apigateway'),
    SendsAlerts: { 'Fn::Or': [condition('HasAlertBusArn'), condition('HasEventBusArn')] },
    SendsReminders: { 'Fn::And': [condition('SendsAlerts'), isNot('ReminderDays', 'none')] },
    ...frontDoorConditions(),
    ReadsEarlierResults: { 'Fn::Or': [condition('SendsAlerts'), { 'Fn::Not': [condition('Reserves')] }] },
  };
}

/** Replaces the placeholders and the fixed settings with parameters. */
function parameterize(template: object): ParameterizedTemplate {
  // Logical ids contain the deployment's name without its hyphens.
  const text = JSON.stringify(template).replaceAll(PLACEHOLDER.name.replaceAll('-', ''), '');
  const { Resources, Outputs, ...rest } = JSON.parse(text) as ParameterizedTemplate & {
    Outputs: Record<string, { Condition?: string }>;
  };
  Object.assign(Outputs.FrontDoorRuleName ?? {}, { Condition: 'EvaluatesFrontDoor' });
  for (const [id, resource] of Object.entries(Resources)) {
    const condition = CONDITIONS_BY_PREFIX.find(([prefix]) => id.startsWith(prefix))?.[1];
    if (condition !== undefined) {
      resource.Condition = condition;
    }
    setProperties(id, resource);
  }
  spreadConditions(Resources);
  const name = new RegExp(PLACEHOLDER.name);
  const replaced = replacePlaceholders(
    { ...rest, Outputs, Resources },
    {
      strings: [
        { placeholder: name, variable: 'Name' },
        { placeholder: new RegExp(`^${PLACEHOLDER.bucket}$`), variable: 'CodeBucket', value: () => CODE_BUCKET },
        { placeholder: new RegExp(`^${PLACEHOLDER.key}$`), variable: 'CodeKey' },
        { placeholder: new RegExp(`^${PLACEHOLDER.alertBus}$`), variable: 'AlertBusArn' },
        { placeholder: new RegExp(`^${PLACEHOLDER.eventBus}$`), variable: 'EventBusArn' },
        { placeholder: new RegExp(PLACEHOLDER.days.join(',')), variable: 'ReminderDays' },
        {
          placeholder: /zz-exemptions-zz\/zz-document-zz$/,
          variable: 'ExemptionsObject',
          value: () => EXEMPTIONS_OBJECT,
        },
        { placeholder: new RegExp(`^${PLACEHOLDER.exemptionsKmsKey}$`), variable: 'ExemptionsKmsKey' },
        { placeholder: /zz-region-zz(?=\.\*)/, variable: 'KeyRegion', value: () => EXEMPTIONS_KEY_REGION },
        ...parameterTexts(),
      ],
      elements: {
        [PLACEHOLDER.alertBus]: 'HasAlertBusArn',
        [PLACEHOLDER.eventBus]: 'HasEventBusArn',
        'config:GetComplianceDetailsByResource': 'ReadsEarlierResults',
        [new DeploymentNames(PLACEHOLDER.name).frontDoorRule]: 'EvaluatesFrontDoor',
      },
    },
  );
  for (const resource of Object.values(replaced.Resources)) {
    resource.Properties = withoutImplied(resource.Properties as Json, resource.Condition) as Resource['Properties'];
  }
  const { Description, ...sections } = replaced;
  return { Description, Parameters: parameterSection(STACK_SET_PARAMETERS), Conditions: conditions(), ...sections };
}

/** Replaces each `Fn::If` whose condition the resource itself has, which is never false there. */
function withoutImplied(value: Json, condition: string | undefined): Json {
  if (Array.isArray(value)) {
    return value.map((item) => withoutImplied(item, condition));
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const branches = (value as Record<string, Json>)['Fn::If'];
  if (Array.isArray(branches) && condition !== undefined && branches[0] === condition) {
    return withoutImplied(branches[1] as Json, condition);
  }
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, withoutImplied(part as Json, condition)]));
}

/** Sets the properties that are whole parameters. */
function setProperties(id: string, { Type, Properties }: Resource): void {
  const properties = Properties as Record<string, Json>;
  switch (Type) {
    case 'AWS::Lambda::Function':
      setFunctionProperties(properties);
      break;
    case 'AWS::Logs::LogGroup':
      setLogGroupProperties(properties);
      break;
    case 'AWS::IAM::Role':
      setRoleProperties(properties);
      if (id.startsWith('Evaluator')) {
        for (const { PolicyDocument } of properties.Policies as unknown as Policy[]) {
          setStatementConditions(PolicyDocument);
        }
      }
      break;
    case 'AWS::SQS::QueuePolicy':
      setStatementConditions((properties as unknown as Policy).PolicyDocument);
      break;
    case 'AWS::Config::ConfigRule':
      setRuleProperties(id, properties);
      break;
  }
}

function setFunctionProperties(properties: Record<string, Json>): void {
  properties.Architectures = [{ Ref: 'Architecture' }];
  properties.MemorySize = { Ref: 'MemoryMegabytes' };
  properties.Timeout = { Ref: 'TimeoutSeconds' };
  properties.ReservedConcurrentExecutions = onlyIf('Reserves', { Ref: 'ReservedConcurrency' });
  const { Variables } = properties.Environment as { Variables: Record<string, Json> };
  Variables.STAGECERT_METRICS = { Ref: 'Metrics' };
  Variables.STAGECERT_CHANGE_EXPORTS = { 'Fn::If': ['Reserves', 'on', 'off'] };
}

type Statement = { Sid?: string; Resource: Json };
type Policy = { PolicyDocument: { Statement: (Statement | Json)[] } };

function setStatementConditions(document: Policy['PolicyDocument']): void {
  document.Statement = document.Statement.map((it) => {
    const statement = it as Statement;
    const condition = CONDITIONS_BY_SID[statement.Sid ?? ''];
    if (Array.isArray(statement.Resource)) {
      const conditions = Object.entries(CONDITIONS_BY_RESOURCE[statement.Sid ?? ''] ?? {});
      statement.Resource = statement.Resource.map((resource) => {
        const ending = conditions.find(([it]) => JSON.stringify(resource).endsWith(`${it}"]]}`));
        return ending === undefined ? resource : onlyIf(ending[1], resource);
      });
    }
    setTruststores(statement);
    return condition === undefined ? statement : onlyIf(condition, statement);
  });
}
