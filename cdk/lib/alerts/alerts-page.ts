import { DEFAULT_NAME, DeploymentNames } from '../names';
import { AlertTexts } from './alert-texts';

/** One sample event for each kind of email, as EventBridge delivers it. */
export interface AlertSamples {
  readonly nonCompliantStage: object;
  readonly certificateExpires: object;
  readonly certificateExpired: object;
  readonly ownedStage: object;
  readonly functionAlarm: object;
  readonly failedInvocation: object;
  readonly failedStackInstance: object;
}

/** Returns docs/alerts.md, whose emails are made from the deployed templates and these events. */
export function alertsPage(samples: AlertSamples): string {
  const texts = new AlertTexts('eu-west-1', new DeploymentNames(DEFAULT_NAME));
  const emails = [
    [
      'A stage becomes NON_COMPLIANT',
      'To `email`. The text depends on the most urgent check that failed.',
      texts.nonCompliantStage('certificate-expiry').render(samples.nonCompliantStage),
    ],
    [
      'A certificate ends soon',
      'To `email`, on each of the `reminderDays`; one email per certificate and owner. Below two days, it\nsays how many hours are left.',
      texts.certificate().render(samples.certificateExpires),
    ],
    [
      'A certificate has ended',
      'To `email`, if `reminderDays` includes 0.',
      texts.certificate().render(samples.certificateExpired),
    ],
    [
      "An owner's certificate ends soon, or has ended",
      'To the owner.',
      texts.ownedCertificate().render(samples.certificateExpires),
    ],
    ["An owner's stage becomes NON_COMPLIANT", 'To the owner.', texts.ownedStage().render(samples.ownedStage)],
    ['The function has a problem', 'To `email`.', texts.functionAlarm().render(samples.functionAlarm)],
    [
      'The function gives up on a sweep or a reminder',
      'To `email`, once per sweep or reminder run, in addition to the alarm.',
      texts.failedInvocation().render(samples.failedInvocation),
    ],
    [
      'A StackSet fails in an account and Region',
      'To `email`, once per account and Region. A first deployment can cause many of these emails.',
      texts.failedStackInstance().render(samples.failedStackInstance),
    ],
  ].map(([title, recipients, email]) => `### ${title}\n\n${recipients}\n\n\`\`\`text\n${email}\n\`\`\`\n`);
  return `# Alerts

<!-- Generated from cdk/lib/alerts/alerts-page.ts by \`npm run files\` in cdk/. -->

The CDK app can send emails and events. This page shows when, to whom and with which text.
[cdk/README.md](../cdk/README.md) describes how to deploy it.

| alert | when | recipients |
| --- | --- | --- |
| A stage is NON_COMPLIANT | its result in AWS Config changes to NON_COMPLIANT | \`email\`, the stage's owner |
| A certificate ends | up to an hour more than 30, 14, 7 and 1 days before it ends, and at most an hour after it has ended, even if nothing changes in AWS Config | \`email\`, the owner |
| The function has a problem | see [Alarms](#alarms) | \`email\`, \`alarmTopic\` |
| A sweep or a reminder run fails | the function gave up on it after three attempts; the email names the account | \`email\` |
| A StackSet fails in an account and Region | a stack instance of this deployment becomes FAILED or INOPERABLE, also in a new account | \`email\` |
| All of these except failed sweeps and reminder runs, and stages that are COMPLIANT again | immediately | \`eventBus\`, as events |

\`\`\`yaml
alerts:
  email: security@example.com
  owners: # by the value of the owner tag, ignoring case
    payments: payments@example.com
    search: arn:aws:sns:eu-west-1:222222222222:search-alerts # a topic in the home Region
  reminderDays: [30, 14, 7, 1, 0]
  eventBus: arn:aws:events:eu-west-1:222222222222:event-bus/security
  account: '222222222222' # sends the emails
  alarmTopic: arn:aws:sns:REGION:222222222222:on-call # in the Region of each alarm
\`\`\`

- \`owners\` requires \`email\` or \`eventBus\`: they also receive alerts about stages without an
  owner or with one that isn't listed, and about the function.
- \`email\` receives all alerts, including those that an owner receives. An owner with the same
  address gets no second email.
- The function reads the owner when it sends an event: from the stage's tags, or else from those of
  its certificate. It uses the rule's \`ownerTagKeys\` and \`ownerTagPattern\`.
- Stages that share a certificate and an owner cause one reminder, which lists them.
- \`reminderDays\` can't exceed \`expiryWindowDays\`, because a certificate that expires later passes
  the check. For an ACM certificate that renews automatically, reminders start at
  \`managedRenewalWindowDays\`.
- SNS asks each address to confirm its subscription before it sends emails.
- Your own topic must allow \`events.amazonaws.com\` to publish, and so must its key if it has one.
- Your own event bus must allow the organization to put events (\`aws:PrincipalOrgID\`). It must not
  be the default bus of an account and Region with a rule: events come from there.

**The first sweep of a rule sends an alert for every stage that is NON_COMPLIANT.** Deploy without
\`alerts\` first, fix or exclude these stages, and then add \`alerts\`.

## Emails

The subject of each email is "AWS Notification Message", which SNS sets. EventBridge adds the
quotation marks.

${emails.join('\n')}
## Alarms

| deployment | alarms, in each Region |
| --- | --- |
| \`account\`, central functions | the function fails, is throttled for an hour, gives up on an event, or has not swept for two periods |
| the same with \`securityHub: on\` | also: Security Hub is not enabled |
| StackSet | in the dashboard's account: the function of any account gives up on an event, or an alert could not be forwarded |
| StackSet with \`securityHub: on\` | also: Security Hub is not enabled in an account; once a day with daily sweeps |
| StackSet with hourly sweeps | also: no account has swept for two hours |
| StackSet with \`accountAlarms: true\` | the same as for one account, in each account instead |
| all with \`email\` | in the home Region: an email could not be sent |

- The dashboard's account must be CloudWatch's monitoring account for these metrics. Its alarms
  query up to 10,000 accounts. CloudWatch evaluates only the last three hours of a query, so there
  is no such alarm on daily sweeps, and none can show that one account of many has missed a sweep:
  run \`make coverage\` regularly.
- With \`metrics: none\`, there are no alarms on sweeps and on Security Hub.
- Alarms on lost events watch what arrives in a queue, not what is in it. They end half an hour
  after the last event, so the next loss is reported even while the queue has the first one.
- Each alarm notifies \`alarmTopic\` when it goes off and when it ends, as controls such as
  CT.CLOUDWATCH.PR.1 and \`cloudwatch-alarm-action-check\` require. By default, that is the topic
  \`stagecert-alarms\` in the Region of the alarm: subscribe on-call or chat tools to it, but not
  addresses that \`email\` reaches. The emails come from EventBridge, once, with the text below.
- Your own \`alarmTopic\` must allow \`cloudwatch.amazonaws.com\` to publish, and so must its key.
- \`function.logKmsKey\` encrypts the log groups, as CT.CLOUDWATCH.PR.3 requires.

## Lost alerts

EventBridge tries to deliver an event for a day. After that, it is in a queue for 14 days, with the
reason as an attribute of the message:

| queue | events | alarm |
| --- | --- | --- |
| \`stagecert-failed-emails\`, home Region | to a topic | \`stagecert-failed-emails\`, to \`email\` directly |
| \`stagecert-failed-events\`, next to each function | to the function, or from its account to a bus | \`stagecert-failed-events\` |
| \`stagecert-failed-forwarding\`, accounts without a function | to a bus | none |
| \`stagecert-failed-alarms\`, the dashboard's account | alarms, to a bus | none |
| \`stagecert-failed-stack-sets\` | failed instances of StackSets, to a bus | none |

## Lost and repeated reminders

The function keeps the instant of the last complete reminder run in the parameter
\`/stagecert/last-reminders\` of SSM's Parameter Store, in each account and Region. A run is
complete when everything was read and EventBridge has accepted every event.

- **A run that fails, or doesn't take place, is made up for**: the next run also sends what was due
  since the last complete one, up to 48 hours ago. Its text says what is true by then. Of several
  reminders about one certificate, only the most urgent one is sent. What was due before these 48
  hours is lost; the certificate gets its next reminder.
- **A run that can't read something** sends the reminders that don't need it, and fails. Later runs
  don't repeat what it has sent: the parameter has the ids of up to 239 such reminders.
- **A run that Lambda delivers twice, or that you send again**, sends nothing if it or a later one
  is complete.
- **A reminder is sent at least once.** It is sent again if the parameter can't be read or written,
  if the function is stopped between sending and writing, if the first and the second attempt
  overlap, or if EventBridge accepts an event but its answer is lost. It then has the same
  \`reminderId\`: drop ids that you have seen in the last days. EventBridge and SNS may also deliver
  an event twice.
- If the parameter can't be read, each run sends the reminders of one hour, its interval, and fails.
  If the value is invalid, delete the parameter; the next run starts anew.

The saved query \`stagecert/failed-reminders\` shows the runs that failed, and why.

## Event flow

\`\`\`text
each account and Region                                        alerts.account, home Region
  AWS Config: compliance change ─────┐
  CloudWatch: alarm goes off ────────┼─ default bus, rules stagecert-* ─┬─> bus stagecert ─> topics ─> emails
  function: reminder, owner's event ─┘        │                         └─> alerts.eventBus
                                              └─ with owners: function, adds the owner, sends a new event
  EventBridge Scheduler, every hour ─> function, sends reminders
\`\`\`

Each account and Region has its own minute for the reminders: the one in which its schedule was
created (EventBridge Scheduler counts a rate from there). A run starts within a minute of it.

With a StackSet, alarms go off in the dashboard's account. A central function sends its events and
alarms from the administrator account. Each account forwards the events for the function to the bus
\`stagecert-function\` in the same Region of that account.

An event pattern is limited to 2,048 characters. The owners of one recipient are
therefore divided among several rules if necessary, each owner in one of them.

## Events

Use these for your own rules on \`alerts.eventBus\`:

| source | detail type | detail |
| --- | --- | --- |
| \`aws.config\` | \`Config Rules Compliance Change\` | AWS Config's event, for every change of a stagecert rule's result |
| \`stagecert\` | \`Stage Compliance Change\` | only with \`owners\`: \`awsAccountId\`, \`awsRegion\`, \`configRuleName\`, \`resourceType\`, \`resourceId\`, \`stage\`, \`complianceType\`, \`annotation\`, \`owner\`, \`whatToDo\` |
| \`stagecert\` | \`Client Certificate Reminder\` | the same about the first stage, with \`reminderId\`, \`certificateId\`, \`notAfter\`, \`daysLeft\` (0: it has ended), \`hoursLeft\`, \`timing\` and \`impact\` (in words), \`stages\` (as \`API/STAGE\`), \`stageCount\`, \`stagesLeftOut\` (how many didn't fit into \`stages\`), \`stageList\` (in words) |
| \`aws.cloudformation\` | \`CloudFormation StackSet StackInstance Status Change\` | instances of this deployment's StackSets that fail, from the home Region of the administrator account, and of the management account if it is a target |
| \`lambda\` | \`Lambda Function Invocation Result - Failure\` | only on the bus \`stagecert\`, not on \`eventBus\`: Lambda's event contains the input, and with it AWS Config's result token |
| \`aws.cloudwatch\` | \`CloudWatch Alarm State Change\` | alarms \`stagecert-...\` that go into ALARM |

## Cost

Each key costs about $1 per month: one for the emails, and one for the topic of the alarms in each
Region, unless you name an \`alarmTopic\`. Each alarm costs about $0.10 per month for each metric that
it watches; a central alarm watches one metric of each account. With \`accountAlarms\`, each account
and Region has four alarms, or seven with one rule per check, and one more with \`securityHub: on\`:
see [Costs](cost.md). A million events cost $1, and so does a million reminder runs: 730 per month
in each account and Region, each of them an invocation of the function. The parameter is free.
`;
}
