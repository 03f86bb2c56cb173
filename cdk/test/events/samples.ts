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

export const ACCOUNT = '111122223333';
const REGION = 'eu-west-1';
const STAGE = `arn:aws:apigateway:${REGION}::/restapis/a1b2c3d4e5/stages/prod`;
const TIME = '2026-11-21T08:00:00Z';

const envelope = (source: string, detailType: string, detail: object, account = ACCOUNT): Event => ({
  version: '0',
  id: 'f6d29562-cddc-8302-80c9-1857d49fa132',
  'detail-type': detailType,
  source,
  account,
  time: TIME,
  region: REGION,
  resources: [],
  detail,
});

/** AWS Config's event, in the form of the samples that AWS and its users publish. */
export function complianceChange(rule: string, annotation: string, complianceType = 'NON_COMPLIANT'): Event {
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

const STAGE_DETAIL = {
  awsAccountId: ACCOUNT,
  awsRegion: REGION,
  configRuleName: 'stagecert-api-client-certificates',
  resourceType: 'AWS::ApiGateway::Stage',
  resourceId: STAGE,
  stage: 'a1b2c3d4e5/prod',
  complianceType: 'NON_COMPLIANT',
  annotation: 'certificate-expiry: client certificate vjzgoe expires at 2026-12-05T08:00:00Z',
  whatToDo: 'Generate the next client certificate, let the backends trust both, attach it and deploy the API.',
};

/** What the function tells ahead of time; a central function from its own account. */
export function reminder(daysLeft: number, owner: string, account = ACCOUNT): Event {
  const notAfter = daysLeft > 0 ? '2026-12-05T08:00:00Z' : '2026-11-21T03:00:00Z';
  const detail = { ...STAGE_DETAIL, owner, certificateId: 'vjzgoe', notAfter, daysLeft };
  return envelope('stagecert', 'Client Certificate Reminder', detail, account);
}

/** What it tells of a stage that fails. */
export function stageChange(owner: string, account = ACCOUNT): Event {
  return envelope('stagecert', 'Stage Compliance Change', { ...STAGE_DETAIL, owner }, account);
}

/** CloudWatch's event, in the form of the samples in its user guide. */
export function alarm(alarmName: string, description: string, from: string, to = 'ALARM', account = ACCOUNT): Event {
  const datapoints =
    'Threshold Crossed: 1 out of the last 1 datapoints [3.0 (21/11/26 07:55:00)] was greater than the threshold (0.0).';
  return envelope(
    'aws.cloudwatch',
    'CloudWatch Alarm State Change',
    {
      alarmName,
      configuration: { description, metrics: [] },
      previousState: { reason: 'Unchecked', timestamp: '2026-11-21T07:00:00.000+0000', value: from },
      state: { reason: datapoints, timestamp: '2026-11-21T08:00:00.000+0000', value: to },
    },
    account,
  );
}

/** What EventBridge makes of a PutEvents entry of a schedule. */
export function put(entry: { readonly Source: string; readonly DetailType: string; readonly Detail: string }): Event {
  return envelope(entry.Source, entry.DetailType, JSON.parse(entry.Detail));
}
