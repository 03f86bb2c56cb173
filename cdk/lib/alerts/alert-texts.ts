import { LOG_GROUP_NAME } from '../evaluator/evaluator-function';
import type { Check } from '../rule/rule-parameters';
import { InputTransformer } from './input-transformer';

/** What to do about a stage that fails, in a sentence; docs/checks.md has the steps. */
export const WHAT_TO_DO: Readonly<Record<Check, string>> = {
  'certificate-attached':
    'Generate a client certificate, let the backends trust it, attach it to the stage and deploy the API; then let the backends demand it.',
  'certificate-expiry':
    'Generate the next client certificate, let the backends trust both, attach the new one to the stage and deploy the API; then delete the old one.',
  'certificate-unique':
    'Generate a client certificate for each stage, let each backend trust that of its stage, then attach them, one stage after the other.',
  'owner-tag': 'Tag the stage, and its client certificate, with the team that owns them.',
};

/** AWS Config says that a stage fails from now on, most of all `check`. */
export function stageFails(check: Check): InputTransformer {
  return InputTransformer.lines(
    [
      `stagecert: an API Gateway stage fails ${check}.`,
      'Stage: <stage>',
      'Account <account>, Region <region>, AWS Config rule <rule>',
      'Reason: <reason>',
      `What to do: ${WHAT_TO_DO[check]}`,
      `The steps: stagecert explain ${check}, or docs/checks.md`,
    ],
    {
      stage: '$.detail.resourceId',
      account: '$.detail.awsAccountId',
      region: '$.detail.awsRegion',
      rule: '$.detail.configRuleName',
      reason: '$.detail.newEvaluationResult.annotation',
    },
  );
}

const OF_THE_FUNCTION = {
  stage: '$.detail.stage',
  arn: '$.detail.resourceId',
  account: '$.detail.awsAccountId',
  region: '$.detail.awsRegion',
  rule: '$.detail.configRuleName',
  reason: '$.detail.annotation',
  owner: '$.detail.owner',
  todo: '$.detail.whatToDo',
};

const OF_A_REMINDER = {
  ...OF_THE_FUNCTION,
  certificate: '$.detail.certificateId',
  end: '$.detail.notAfter',
  days: '$.detail.daysLeft',
};

/** A certificate comes to its end, and has not been replaced. */
export const certificateEnds = InputTransformer.lines(
  [
    'stagecert: a client certificate of API Gateway ends at <end>; days left: <days>.',
    'Certificate <certificate>, which the stage <stage> presents to its backends',
    'Account <account>, Region <region>, owner tag (nothing if there is none): <owner>',
    'When it ends, every backend that demands it refuses every request of the stage.',
    'What to do: <todo>',
    'The steps: stagecert explain certificate-expiry, or docs/checks.md',
  ],
  OF_A_REMINDER,
);

/** It has ended. */
export const certificateEnded = InputTransformer.lines(
  [
    'stagecert: a client certificate of API Gateway HAS ENDED, at <end>.',
    'Certificate <certificate>, which the stage <stage> presents to its backends',
    'Account <account>, Region <region>, owner tag (nothing if there is none): <owner>',
    'Every backend that demands it refuses every request of the stage.',
    'What to do now: <todo>',
    'The steps: stagecert explain certificate-expiry, or docs/checks.md',
  ],
  OF_A_REMINDER,
);

/** To the owner of a stage: it fails, or its certificate comes to its end. */
export const stageOfOwner = InputTransformer.lines(
  [
    'stagecert: the API Gateway stage <stage>, which is yours by its owner tag (<owner>), needs you.',
    'Stage: <arn>',
    'Account <account>, Region <region>, AWS Config rule <rule>',
    'Reason: <reason>',
    'What to do: <todo>',
    'The steps for each check: stagecert explain, or docs/checks.md',
  ],
  OF_THE_FUNCTION,
);

/** The function is in trouble. */
export const functionInTrouble = InputTransformer.lines(
  [
    'stagecert: <description>',
    'Alarm <alarm> of account <account>, Region <region>, at <time>',
    'CloudWatch says: <reason>',
    `Where to look: log group ${LOG_GROUP_NAME}, with the saved queries stagecert/... of CloudWatch Logs Insights`,
  ],
  {
    description: '$.detail.configuration.description',
    alarm: '$.detail.alarmName',
    account: '$.account',
    region: '$.region',
    time: '$.time',
    reason: '$.detail.state.reason',
  },
);
