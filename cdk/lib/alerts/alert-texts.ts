import type { DeploymentNames } from '../names';
import { InputTransformer } from './input-transformer';

const ALARM_PATHS = {
  description: '$.detail.configuration.description',
  alarm: '$.detail.alarmName',
  account: '$.account',
  region: '$.region',
  time: '$.time',
  reason: '$.detail.state.reason',
};

const FAILURE_PATHS = {
  account: '$.account',
  region: '$.region',
  time: '$.time',
  affected: '$.detail.requestPayload.accountId',
  rule: '$.detail.requestPayload.configRuleName',
  request: '$.detail.requestContext.requestId',
  attempts: '$.detail.requestContext.approximateInvokeCount',
  error: '$.detail.responsePayload.errorType',
  reason: '$.detail.responsePayload.errorMessage',
};

const STACK_INSTANCE_PATHS = {
  stackSet: '$.detail.stack-set-arn',
  stack: '$.detail.stack-id',
  action: '$.detail.action',
  status: '$.detail.status-details.detailed-status',
  reason: '$.detail.status-details.status-reason',
  region: '$.region',
  time: '$.time',
};

/** The number of lines that a certificate has in an email; `send.py` has the same. */
export const MAX_PEM_LINES = 20;

const CERTIFICATE_PATHS = {
  new: '$.detail.newCertificate',
  old: '$.detail.oldCertificate',
  stages: '$.detail.stageList',
  owner: '$.detail.owner',
  next: '$.detail.nextCommand',
  execution: '$.detail.executionId',
  account: '$.account',
  region: '$.detail.awsRegion',
  ...Object.fromEntries(
    Array.from({ length: MAX_PEM_LINES }, (_, index) => [`pem${index}`, `$.detail.pemLines[${index}]`]),
  ),
};

/** AWS's page on the causes of a StackSet's failures. */
const STACK_SET_STEPS = 'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-troubleshooting.html';

/**
 * The texts of the emails about functions and StackSets, for one partition. The partition
 * determines the links to the console.
 */
export class AlertTexts {
  private readonly alarmLink: string;
  private readonly stackSetsLink: string;

  constructor(
    /** Any Region of the partition. */
    region: string,
    private readonly names: DeploymentNames,
  ) {
    const console = `https://<region>.console.${consoleDomain(region)}`;
    this.stackSetsLink = `${console}/cloudformation/home?region=<region>#/stacksets`;
    this.alarmLink = `${console}/cloudwatch/home?region=<region>#alarmsV2:alarm/<alarm>`;
  }

  /**
   * Returns the text for a StackSet that failed in an account and Region. The event names them only
   * in the stack's ARN.
   */
  failedStackInstance(): InputTransformer {
    return InputTransformer.lines(
      [
        'stagecert: a StackSet failed in an account and Region, so the AWS Config rule may be missing or outdated there.',
        'StackSet: <stackSet>',
        'Stack (the ARN contains its Region and account; blank if it was not created): <stack>',
        'Operation <action>, status <status>, at <time>',
        'Reason: <reason>',
        'What to do: fix the cause, then run make retry. To list every account and Region without a rule, run make coverage.',
        `StackSets in CloudFormation: ${this.stackSetsLink}`,
        `Documentation: ${STACK_SET_STEPS}`,
      ],
      STACK_INSTANCE_PATHS,
    );
  }

  /** Returns the text for a sweep or another input that the function gave up on. */
  failedInvocation(): InputTransformer {
    const queries = ['failed-sweeps', 'failed-reminders', 'killed-invocations'].map((name) =>
      this.names.logQuery(name),
    );
    return InputTransformer.lines(
      [
        'stagecert: the function gave up on a sweep or a reminder, so results may be out of date.',
        'Affected account (blank if it is that of the function): <affected>',
        'Function in account <account>, Region <region>, AWS Config rule (blank for reminders): <rule>',
        'Attempts: <attempts>, the last one at <time>, request id <request>',
        'Reason: <error> <reason>',
        `What to do: find the cause with the saved queries ${queries.join(', ')} in CloudWatch Logs Insights.`,
        `Queue that keeps the event for 14 days: ${this.names.failedEvents}`,
      ],
      FAILURE_PATHS,
    );
  }

  /**
   * Returns the text for a certificate that a document has generated. Any account of the
   * organization can send such an event, so the text says how to verify the certificate.
   */
  newCertificate(runbook?: string): InputTransformer {
    return InputTransformer.lines(
      [
        'stagecert: a new client certificate <new> will replace <old>. No stage presents it yet.',
        'API Gateway stages: <stages>',
        'Account <account>, Region <region>, owner (blank without an owner tag): <owner>',
        'What to do, in this order:',
        '1. Get the certificate from API Gateway itself, in that account, and compare it with the one below: aws apigateway get-client-certificate --client-certificate-id <new> --region <region> --query pemEncodedCertificate --output text',
        '2. Make every backend of these stages trust it in addition to the old one. A server that uses OpenSSL, such as nginx, Apache, HAProxy or Node.js, does not accept a second certificate with the same subject just because it is in the same file: compare fingerprints there.',
        '3. Run: <next>',
        'If you did not expect this email, find out who started the Systems Manager execution <execution> before any backend trusts the certificate.',
        ...(runbook === undefined ? [] : [`Runbook: ${runbook}`]),
        ...Array.from({ length: MAX_PEM_LINES }, (_, index) => `<pem${index}>`),
      ],
      CERTIFICATE_PATHS,
    );
  }

  /** Returns the text for an alarm about the function. */
  functionAlarm(): InputTransformer {
    return InputTransformer.lines(
      [
        'stagecert: <description>',
        'Alarm <alarm>, account <account>, Region <region>, at <time>',
        'Reason: <reason>',
        `Alarm in CloudWatch: ${this.alarmLink}`,
        `Logs: log group ${this.names.logGroup}, saved queries ${this.names.logQuery('...')} in CloudWatch Logs Insights`,
        `Reminders: see the query ${this.names.logQuery('failed-reminders')}. The next complete run sends what failed runs of the last 48 hours did not.`,
      ],
      ALARM_PATHS,
    );
  }
}

/**
 * The domains of the AWS Management Console by the prefixes of their Regions. The isolated
 * partitions have those of their sign-in pages (the endpoint rules of the AWS SDKs); that the
 * console has the same is UNVERIFIED.
 */
const CONSOLE_DOMAINS = [
  ['cn-', 'amazonaws.cn'],
  ['us-gov-', 'amazonaws-us-gov.com'],
  ['eusc-', 'amazonaws-eusc.eu'],
  ['us-iso-', 'c2shome.ic.gov'],
  ['us-isob-', 'sc2shome.sgov.gov'],
  ['eu-isoe-', 'csphome.adc-e.uk'],
  ['us-isof-', 'csphome.hci.ic.gov'],
] as const;

/** Returns the domain of the AWS Management Console in the partition of a Region. */
function consoleDomain(region: string): string {
  const [, domain] = CONSOLE_DOMAINS.find(([prefix]) => region.startsWith(prefix)) ?? ['', 'aws.amazon.com'];
  return domain;
}
