import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AlertSamples } from '../../lib/alerts/alerts-page';
import { FUNCTION_FAILED } from '../../lib/alerts/function-alarms';
import functionEvents from './function-events.json';

/** An event as EventBridge delivers it. */
export interface Event {
  readonly source: string;
  readonly 'detail-type': string;
  readonly account: string;
  readonly region: string;
  readonly time: string;
  // biome-ignore lint/suspicious/noExplicitAny: the detail of any event
  readonly detail: any;
  readonly [key: string]: unknown;
}

/** An entry of a PutEvents call. */
export interface Entry {
  readonly Source: string;
  readonly DetailType: string;
  readonly Detail: string;
}

export const ACCOUNT = '111122223333';

/** The account that manages the StackSets. */
export const ADMINISTRATOR = '222222222222';
const REGION = 'eu-west-1';
const STAGE = `arn:aws:apigateway:${REGION}::/restapis/a1b2c3d4e5/stages/prod`;
const TIME = '2026-11-21T08:00:00Z';

const envelope = (source: string, detailType: string, detail: object): Event => ({
  version: '0',
  id: 'f6d29562-cddc-8302-80c9-1857d49fa132',
  'detail-type': detailType,
  source,
  account: ACCOUNT,
  time: TIME,
  region: REGION,
  resources: [],
  detail,
});

/** Returns the event that EventBridge delivers for an entry of a PutEvents call. */
export function put(entry: Entry): Event {
  return envelope(entry.Source, entry.DetailType, JSON.parse(entry.Detail));
}

/**
 * Returns an event that the function sends, with another owner and rule. `function-events.json` has
 * the originals.
 */
function functionEvent(entry: Entry, owner: string, configRuleName: string): Event {
  const event = put(entry);
  return { ...event, detail: { ...event.detail, owner, configRuleName } };
}

/** Returns the function's reminder that a certificate expires soon. */
export const reminder = (owner: string, rule: string) => functionEvent(functionEvents.certificateReminder, owner, rule);

/** Returns the function's reminder that a certificate has expired. */
export const expiredReminder = (owner: string, rule: string) =>
  functionEvent(functionEvents.expiredCertificateReminder, owner, rule);

/** Returns the function's event for a check that newly fails. docs/parameters.md describes it. */
export const findingChange = (owner: string, configRuleName: string): Event =>
  envelope('stagecert', 'Stage Finding Change', {
    eventVersion: 1,
    transitionId: '5f0c1ea2b3d4c5d6e7f8091a2b3c4d5e',
    deployment: 'stagecert',
    awsAccountId: ACCOUNT,
    awsRegion: REGION,
    configRuleName,
    resourceType: 'AWS::ApiGateway::Stage',
    resourceId: STAGE,
    stage: 'a1b2c3d4e5/prod',
    apiName: 'Payments "EU" \\ test',
    check: 'certificate-attached',
    status: 'failed',
    reason: 'dangling',
    certificateId: 'vjzgoe',
    severity: 'CRITICAL',
    previousSeverity: null,
    owner,
    whatToDo: 'Attach a client certificate that exists.',
  });

/** An annotation of the function, with `certificate-expiry` as the most urgent check. */
const ANNOTATION: string = JSON.parse(functionEvents.certificateReminder.Detail).annotation;

/** Returns AWS Config's event, in the form of the samples that AWS and its users publish. */
export function complianceChange(
  rule: string,
  annotation: string = ANNOTATION,
  complianceType = 'NON_COMPLIANT',
): Event {
  const resourceType = 'AWS::ApiGateway::Stage';
  const evaluationResultQualifier = { configRuleName: rule, resourceType, resourceId: STAGE };
  return envelope('aws.config', 'Config Rules Compliance Change', {
    resourceId: STAGE,
    awsRegion: REGION,
    awsAccountId: ACCOUNT,
    configRuleName: rule,
    recordVersion: '1.0',
    configRuleARN: `arn:aws:config:${REGION}:${ACCOUNT}:config-rule/config-rule-2pxv2c`,
    messageType: 'ComplianceChangeNotification',
    newEvaluationResult: {
      evaluationResultIdentifier: { evaluationResultQualifier, orderingTimestamp: '2026-11-21T07:59:54.168Z' },
      complianceType,
      resultRecordedTime: '2026-11-21T07:59:59.685Z',
      configRuleInvokedTime: '2026-11-21T07:59:55.218Z',
      annotation,
    },
    notificationCreationTime: '2026-11-21T08:00:00.176Z',
    resourceType,
  });
}

/** Returns CloudWatch's event for an alarm, in the form of the samples in its user guide. */
export function alarm(alarmName: string, description: string, from: string, to = 'ALARM'): Event {
  const reason =
    'Threshold Crossed: 1 out of the last 1 datapoints [3.0 (21/11/26 07:55:00)] was greater than the threshold (0.0).';
  return envelope('aws.cloudwatch', 'CloudWatch Alarm State Change', {
    alarmName,
    configuration: { description, metrics: [] },
    previousState: { reason: 'Unchecked', timestamp: '2026-11-21T07:00:00.000+0000', value: from },
    state: { reason, timestamp: '2026-11-21T08:00:00.000+0000', value: to },
  });
}

/**
 * Returns Lambda's event about an input that the function gave up on, in the form of the Lambda
 * Developer Guide ("Destinations for asynchronous invocations").
 */
export function invocationFailure(functionName: string, requestPayload: object): Event {
  const functionArn = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${functionName}:$LATEST`;
  return envelope('lambda', 'Lambda Function Invocation Result - Failure', {
    version: '1.0',
    timestamp: TIME,
    requestContext: {
      requestId: 'e4b46cbf-b738-xmpl-8880-a18cdf61200e',
      functionArn,
      condition: 'RetriesExhausted',
      approximateInvokeCount: 3,
    },
    requestPayload,
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    responsePayload: {
      errorType: 'Operation',
      errorMessage: 'SelectResourceConfig in account 111122223333, Region eu-west-1: AccessDeniedException',
    },
  });
}

/** Returns the event with which AWS Config starts a sweep or reports a change. */
export const configEvent = (messageType: string) => ({
  invokingEvent: JSON.stringify({ messageType, notificationCreationTime: TIME }),
  resultToken: 'TESTTOKEN',
  configRuleName: 'stagecert-api-client-certificates',
  accountId: ACCOUNT,
});

/**
 * Returns CloudFormation's event about one account and Region of a StackSet, in the form of the
 * sample in its user guide.
 */
export function stackInstanceChange(stackSet: string, status: string): Event {
  const home = `arn:aws:cloudformation:${REGION}:${ADMINISTRATOR}`;
  const event = envelope('aws.cloudformation', 'CloudFormation StackSet StackInstance Status Change', {
    'stack-set-arn': `${home}:stackset/${stackSet}:3f3a3fbe-c937-4eb3-a87d-e36a0af3f663`,
    'stack-id': `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/StackSet-${stackSet}-0b1b2c3d/19baff30-1bdd-11ec-9c2c-06a1e5b3ffff`,
    action: 'CREATE',
    'status-details': {
      status: 'OUTDATED',
      'status-reason':
        'ResourceLogicalId:Rules, ResourceType:AWS::Config::ConfigRule, ResourceStatusReason:NoAvailableConfigurationRecorderException',
      'detailed-status': status,
    },
  });
  return { ...event, account: ADMINISTRATOR };
}

/** Returns the event with which a document sends a certificate that it has generated. */
export function newCertificate(owner: string, deployment = 'stagecert'): Event {
  const pem = readFileSync(join(__dirname, '../../../tests/certificates/summer.pem'), 'utf8').trim();
  const stages = ['a1b2c3d4e5/dev', 'a1b2c3d4e5/prod'];
  return envelope('stagecert', 'Certificate Rotation Step', {
    eventVersion: 1,
    deployment,
    accountId: ACCOUNT,
    awsRegion: REGION,
    step: 'start',
    stages,
    oldCertificate: 'vjzgoe',
    newCertificate: 'n0cs4y',
    owner,
    stageList: stages.join(' '),
    executionId: '4105a4fc-f944-11e6-9d32-0a1b2c3d4e5f',
    nextCommand: `stagecert rotate test n0cs4y --region ${REGION} --path PATH`,
    pem,
    pemLines: pem.split('\n'),
  });
}

/** The events whose emails docs/alerts.md shows. */
export const ALERT_SAMPLES: AlertSamples = {
  failedInvocation: invocationFailure('stagecert-evaluator', configEvent('ScheduledNotification')),
  functionAlarm: alarm('stagecert-errors', FUNCTION_FAILED, 'OK'),
  failedStackInstance: stackInstanceChange('stagecert', 'FAILED'),
  newCertificate: newCertificate('payments'),
};
