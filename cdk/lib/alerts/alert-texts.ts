import type { DeploymentNames } from '../names';
import type { Check } from '../rule/rule-parameters';
import { ADVICE } from './advice';
import { InputTransformer } from './input-transformer';

/** Event paths that AWS Config's compliance change and the function's own events have in common. */
const RESOURCE_PATHS = {
  arn: '$.detail.resourceId',
  type: '$.detail.resourceType',
  account: '$.detail.awsAccountId',
  region: '$.detail.awsRegion',
  rule: '$.detail.configRuleName',
};

const STAGE_PATHS = {
  ...RESOURCE_PATHS,
  stage: '$.detail.stage',
  reason: '$.detail.annotation',
  owner: '$.detail.owner',
  todo: '$.detail.whatToDo',
};

const REMINDER_PATHS = {
  ...STAGE_PATHS,
  certificate: '$.detail.certificateId',
  notAfter: '$.detail.notAfter',
  days: '$.detail.daysLeft',
};

const ALARM_PATHS = {
  description: '$.detail.configuration.description',
  alarm: '$.detail.alarmName',
  account: '$.account',
  region: '$.region',
  time: '$.time',
  reason: '$.detail.state.reason',
};

/** The texts of the emails for one partition. The partition determines the links to the console. */
export class AlertTexts {
  private readonly stageLink: string;
  private readonly alarmLink: string;

  constructor(
    /** Any Region of the partition. */
    region: string,
    private readonly names: DeploymentNames,
  ) {
    const console = `https://<region>.console.${consoleDomain(region)}`;
    this.stageLink = `${console}/config/home?region=<region>#/resources/details?resourceId=<arn>&resourceType=<type>`;
    this.alarmLink = `${console}/cloudwatch/home?region=<region>#alarmsV2:alarm/<alarm>`;
  }

  /**
   * Returns the text for AWS Config's event that a stage has become NON_COMPLIANT, led by `check`.
   */
  nonCompliantStage(check: Check): InputTransformer {
    return InputTransformer.lines(
      [
        `stagecert: an API Gateway stage is NON_COMPLIANT: ${check}`,
        'Stage: <arn>',
        'Account <account>, Region <region>, AWS Config rule <rule>',
        'Reason: <reason>',
        `What to do: ${ADVICE[check].whatToDo}`,
        `Stage in AWS Config: ${this.stageLink}`,
        `Documentation: ${ADVICE[check].steps}`,
      ],
      { ...RESOURCE_PATHS, reason: '$.detail.newEvaluationResult.annotation' },
    );
  }

  /** Returns the text for the reminder that a certificate expires soon and is still in use. */
  certificateExpires(): InputTransformer {
    return InputTransformer.lines(
      [
        'stagecert: client certificate <certificate> of API Gateway stage <stage> expires at <notAfter>. Days left: <days>.',
        'Account <account>, Region <region>, AWS Config rule <rule>',
        'Owner tag (blank if there is none): <owner>',
        'Impact: after the certificate expires, backends that require it reject every request from the stage.',
        'What to do: <todo>',
        `Stage in AWS Config: ${this.stageLink}`,
        `Documentation: ${ADVICE['certificate-expiry'].steps}`,
      ],
      REMINDER_PATHS,
    );
  }

  /** Returns the text for the reminder that a certificate has expired and is still in use. */
  certificateExpired(): InputTransformer {
    return InputTransformer.lines(
      [
        'stagecert: client certificate <certificate> of API Gateway stage <stage> EXPIRED at <notAfter>.',
        'Account <account>, Region <region>, AWS Config rule <rule>',
        'Owner tag (blank if there is none): <owner>',
        'Impact: backends that require the certificate reject every request from the stage.',
        'What to do now: <todo>',
        `Stage in AWS Config: ${this.stageLink}`,
        `Documentation: ${ADVICE['certificate-expiry'].steps}`,
      ],
      REMINDER_PATHS,
    );
  }

  /** Returns the text for a stage's owner: a reminder, or the stage has become NON_COMPLIANT. */
  ownedStage(): InputTransformer {
    return InputTransformer.lines(
      [
        'stagecert: action needed: API Gateway stage <stage>, owned by <owner>.',
        'Stage: <arn>',
        'Account <account>, Region <region>, AWS Config rule <rule>',
        'Reason: <reason>',
        'What to do: <todo>',
        `Stage in AWS Config: ${this.stageLink}`,
        `Documentation: ${ADVICE['certificate-attached'].steps}`,
      ],
      STAGE_PATHS,
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
      ],
      ALARM_PATHS,
    );
  }
}

/** Returns the domain of the AWS Management Console in the partition of a Region. */
function consoleDomain(region: string): string {
  if (region.startsWith('cn-')) {
    return 'amazonaws.cn';
  }
  return region.startsWith('us-gov-') ? 'amazonaws-us-gov.com' : 'aws.amazon.com';
}
