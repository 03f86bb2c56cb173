import { DEFAULT_NAME, DeploymentNames } from '../names';
import { AlertTexts } from './alert-texts';

/** One sample event for each kind of email, as EventBridge delivers it. */
export interface AlertSamples {
  readonly functionAlarm: object;
  readonly failedInvocation: object;
  readonly failedStackInstance: object;
  readonly newCertificate: object;
}

/** Returns docs/alerts.md, whose emails are made from the deployed templates and these events. */
export function alertsPage(samples: AlertSamples): string {
  const texts = new AlertTexts('eu-west-1', new DeploymentNames(DEFAULT_NAME));
  const emails = [
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
    [
      'A person starts a rotation',
      "To `email` and the owner, with `rotation: automation`, once per start. Remove the quotation marks\nfrom the lines of the certificate: `sed 's/^.//;s/.$//' saved.txt > n0cs4y.pem`.",
      texts.newCertificate().render(samples.newCertificate),
    ],
  ].map(([title, recipients, email]) => `### ${title}\n\n${recipients}\n\n\`\`\`text\n${email}\n\`\`\`\n`);
  return `# Alerts

<!-- Generated from cdk/lib/alerts/alerts-page.ts by \`npm run files\` in cdk/. -->

The CDK app can send emails and events. This page shows when and to whom.
[cdk/README.md](../cdk/README.md) describes how to deploy it.

| alert | when | recipients |
| --- | --- | --- |
| A check of a stage fails, becomes more severe, or is fixed | the function finds a result that differs from the earlier one | \`email\`, the owner |
| A certificate ends | up to an hour more than 30, 14, 7 and 1 days before it ends, and at most an hour after it has ended, even if nothing changes in AWS Config | \`email\`, the owner |
| A CA of a truststore or a certificate of a custom domain name ends | the same, with a rule for the [front door](#reminders-about-the-front-door) | \`email\` |
| The function has a problem | see [Alarms](#alarms) | \`email\`, \`alarmTopic\` |
| A sweep or a reminder run fails | the function gave up on it after three attempts; the email names the account | \`email\` |
| A StackSet fails in an account and Region | a stack instance of this deployment becomes FAILED or INOPERABLE, also in a new account | \`email\` |
| A person starts a rotation | a document has generated a client certificate; with \`rotation: automation\`, see [Rotation](rotation.md#start-a-rotation-in-aws-configs-console) | \`email\`, the owner |
| All of these except failed sweeps and reminder runs, and AWS Config's own compliance changes | immediately | \`eventBus\`, as events |

\`\`\`yaml
alerts:
  email: security@example.com
  owners: # by the value of the owner tag, ignoring case
    payments: payments@example.com
    search: arn:aws:sns:eu-west-1:222222222222:search-alerts # a topic in the home Region
  reminderDays: [30, 14, 7, 1, 0]
  runbook: https://wiki.example.com/client-certificates # in every email about stages
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
- \`reminderDays\` always includes 7 and 0, because the severity of \`certificate-expiry\` rises seven
  days before the end and at the end, and only reminders report that. \`[]\` means only these.
- \`reminderDays\` can't exceed \`expiryWindowDays\`, because a certificate that expires later passes
  the check. For an ACM certificate that renews automatically, reminders start at
  \`managedRenewalWindowDays\`.
- SNS asks each address to confirm its subscription before it sends emails.
- Your own topic of an owner must allow the role of the mailer to publish if its policy is
  restrictive, and so must its key if it has one: \`kms:Decrypt\` and \`kms:GenerateDataKey\`. The
  output \`MailerRoleArn\` of the stack \`stagecert-alerts\` is the role.
- Your own event bus must allow the organization to put events (\`aws:PrincipalOrgID\`). It must not
  be the default bus of an account and Region with a rule: events come from there.

## Emails about stages and certificates

[Emails](emails.md) shows each of them. Their subjects have at most 100 ASCII characters.

| what | when it is sent |
| --- | --- |
| a check that fails with severity CRITICAL or HIGH, a reminder of one day or less | at once, within about a minute |
| everything else, also what is fixed | in one daily digest per recipient, at 08:00 UTC |
| more than 20 emails at once, or in an hour, for one recipient | as one email |

- Emails follow the function's own event for each check, not AWS Config's compliance change: AWS
  Config sends none if a stage that is NON_COMPLIANT already gets a more severe problem. The app
  sets the rule parameter [\`events\`](parameters.md#events-about-findings) for it.
- A severity that rises only because time passes is reported by reminders: seven days before the
  end, and at the end.
- The mailer drops an event with an id (\`transitionId\`, \`reminderId\`) about which it has emailed
  the recipient in the last seven days. A recipient is one message group of a FIFO queue, so its
  messages are processed in order, one batch at a time.
- **The first sweep of a rule** finds many problems at once. Each recipient gets one email about
  those that can't wait, and the rest in the next digest, not one email per stage.
- The mailer is the function of the same zip as \`stagecert-mailer\`, in \`alerts.account\`. It can't
  read stages and certificates: the events have everything that an email says.
- With a central function, the mailer accepts events about other accounts only from the
  administrator account. Otherwise each account can only cause emails about itself: **anyone in the
  organization who may send events to the bus can cause emails in the name of their account**,
  but not use up the ids of other accounts, stop their emails, or choose what an email advises.
- SNS accepts emails for a topic without a confirmed subscription, and drops them. Confirm
  every subscription before the first sweep. Each email from SNS has a link to unsubscribe that
  needs no login; to prevent that, confirm with \`AuthenticateOnUnsubscribe\` ([SNS
  documentation](https://docs.aws.amazon.com/sns/latest/api/API_ConfirmSubscription.html)).
- The table \`stagecert-emails\` has only emails that are not sent yet and the ids of the last seven
  days. It expires both (TTL attribute \`expires\`), has no backup, and is deleted with its stack.

## Other emails

EventBridge sends the emails about the function and StackSets to \`email\` without the mailer, so that
they don't depend on it. It also sends new certificates, because the mailer shows text from events
without line breaks. Their subject is "AWS Notification Message", which SNS sets. EventBridge
adds the quotation marks.

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
| all with \`email\` | in the home Region, to \`email\` directly: an alert could not be delivered; the mailer failed, does not run, or leaves messages waiting for 15 minutes; a topic refused an email; or the mailer gave up on a message |

- The dashboard's account must be CloudWatch's monitoring account for these metrics. Its alarms
  query up to 10,000 accounts. CloudWatch evaluates only the last three hours of a query, so there
  is no such alarm on daily sweeps, and none can show that one account of many has missed a sweep:
  run \`make coverage\` regularly.
- With \`metrics: none\`, there are no alarms on sweeps and on Security Hub.
- Alarms on lost events watch what arrives in a queue, not what is in it. They end half an hour
  after the last event, so the next loss is reported even while the queue has the first one.
- \`stagecert-unsent-emails\` is the exception: SQS reports no arrivals of messages that it moves to a
  dead-letter queue itself. The alarm ends when the queue is empty. Until then,
  \`stagecert-mailer-errors\` reports the failures that lead to another loss.
- Each alarm notifies \`alarmTopic\` when it goes off and when it ends, as controls such as
  CT.CLOUDWATCH.PR.1 and \`cloudwatch-alarm-action-check\` require. By default, that is the topic
  \`stagecert-alarms\` in the Region of the alarm: subscribe on-call or chat tools to it, but not
  addresses that \`email\` reaches. The emails come from EventBridge, once, with the text above.
- Your own \`alarmTopic\` must allow \`cloudwatch.amazonaws.com\` to publish, and so must its key.
- \`function.logKmsKey\` encrypts the log groups, as CT.CLOUDWATCH.PR.3 requires.

## Lost alerts

EventBridge tries to deliver an event for a day. After that, it is in a queue for 14 days, with the
reason as an attribute of the message:

| queue | messages | alarm |
| --- | --- | --- |
| \`stagecert-failed-emails\`, home Region | events and runs, to a topic or to the mailer's queue | \`stagecert-failed-emails\`, to \`email\` directly |
| \`stagecert-unsent-emails.fifo\`, home Region | for which the mailer failed for more than three hours | \`stagecert-unsent-emails\`, to \`email\` directly |
| \`stagecert-failed-events\`, next to each function | events to the function, or from its account to a bus | \`stagecert-failed-events\` |
| \`stagecert-failed-forwarding\`, accounts without a function | events to a bus | none |
| \`stagecert-failed-alarms\`, the dashboard's account | alarms, to a bus | none |
| \`stagecert-failed-stack-sets\` | failed instances of StackSets, to a bus | none |

The mailer's queue \`stagecert-emails.fifo\` keeps messages for 14 days too. To send unsent messages
again after the cause is fixed, start a redrive of \`stagecert-unsent-emails.fifo\` in the console of
SQS.

A topic that refuses an email, such as yours if it no longer allows the mailer's role, keeps no
other recipient waiting: the mailer tries again every minute, for 14 days, and the alarm
\`stagecert-refused-emails\` reports it. The log group of the mailer is
\`/aws/lambda/stagecert-mailer\`.

## Reminders about the front door

A run whose parameters have checks of the [front door](front-door.md) sends reminders about what
those checks look at:

- with \`truststore\`: each CA of a domain's pinned truststore, or of the trust stores of the load
  balancers in front of a private API, on the days up to \`truststoreWindowDays\`
- with \`domain-certificate\`: ownership verification certificates, and server certificates that
  ACM doesn't renew automatically, on the days up to \`expiryWindowDays\`

Several domains and APIs with the same CA or certificate cause one reminder, which lists them. They
have no owner tag that the function reads, so no owner receives these reminders. What could not
be read, such as an S3 bucket that denies access, has no reminder; the check reports it.

The function sends no event about a changed finding of the front door. AWS Config's own compliance
change and Security Hub report it.

## Lost and repeated reminders

The function keeps the instant of the last complete reminder run in the parameter
\`/stagecert/last-reminders\` of SSM's Parameter Store, in each account and Region, and for
the front door in \`/stagecert/last-reminders-front-door\`, so that neither kind of run hides the
other's reminders. A run is complete when everything was read and EventBridge has accepted every
event.

- **A run that fails, or doesn't take place, is made up for**: the next run also sends what was due
  since the last complete one, up to 48 hours ago. Its text says what is true by then. Of several
  reminders about one certificate, only the most urgent one is sent. What was due before these 48
  hours is lost, also that a certificate has ended; AWS Config and Security Hub show it all the
  same.
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
each account and Region                             alerts.account, home Region
  function: finding change, reminder ─┐             ┌─> stagecert-emails.fifo ─> mailer ─┐
  CloudWatch: alarm goes off ─────────┼─┬─> bus stagecert ───────────────────────────────┴─> topics
  Lambda: gave up on an event ────────┘ │   (failures only to this bus)
  document: new certificate ────────────┤   (to topics without the mailer)
  AWS Config: compliance change ────────┴─> alerts.eventBus
                                            (compliance changes only to this bus)
  EventBridge Scheduler, every hour:        EventBridge Scheduler, to stagecert-emails.fifo:
    function, sends reminders                 every minute: emails that can't wait
                                              08:00 UTC: digests
\`\`\`

Each account and Region has its own minute for the reminders: the one in which its schedule was
created (EventBridge Scheduler counts a rate from there). A run starts within a minute of it.

With a StackSet, alarms go off in the dashboard's account. A central function sends its events and
alarms from the administrator account. The schedule of each account triggers the reminders over the
bus \`stagecert-function\` in the same Region of that account.

An event pattern is limited to 2,048 characters. The owners of one recipient are
therefore divided among several rules if necessary, each owner in one of them.

## Events

Use these for your own rules on \`alerts.eventBus\`:

| source | detail type | detail |
| --- | --- | --- |
| \`stagecert\` | \`Stage Finding Change\` | a check of a stage that newly fails, becomes more severe, or is fixed: \`eventVersion\`, \`transitionId\`, \`deployment\`, \`awsAccountId\`, \`awsRegion\`, \`configRuleName\`, \`resourceType\`, \`resourceId\`, \`stage\`, \`apiName\`, \`check\`, \`status\` (\`failed\` or \`fixed\`), \`reason\`, \`certificateId\`, \`severity\`, \`previousSeverity\`, \`owner\`, \`whatToDo\`; see [the parameter \`events\`](parameters.md#events-about-findings) |
| \`stagecert\` | \`Client Certificate Reminder\` | \`reminderId\`, \`awsAccountId\`, \`awsRegion\`, \`configRuleName\`, of the first stage \`resourceType\`, \`resourceId\`, \`stage\`, \`apiName\`, \`complianceType\` and \`annotation\`, \`severity\`, \`owner\`, \`whatToDo\`, \`certificateId\`, \`notAfter\`, \`daysLeft\` (0: it has ended), \`hoursLeft\`, \`timing\` and \`impact\` (in words), \`stages\` (as \`API/STAGE\`), \`stageCount\`, \`stagesLeftOut\` (how many didn't fit into \`stages\`), \`stageList\` (in words) |
| \`stagecert\` | \`Client Certificate Reminder\` | about the [front door](#reminders-about-the-front-door), with \`check\` (\`truststore\` or \`domain-certificate\`): \`reminderId\`, \`awsAccountId\`, \`awsRegion\`, \`configRuleName\`, of the first API or domain \`resourceType\`, \`resourceId\`, \`resource\` (the API's id, or the domain) and \`apiName\`, \`severity\`, \`whatToDo\`, \`certificateId\` (the subject of a CA, or an ARN), \`notAfter\`, \`daysLeft\`, \`hoursLeft\`, \`timing\`, \`resourceCount\`, \`resourceList\` (in words) |
| \`stagecert\` | \`Certificate Rotation Step\` | with \`rotation: automation\`, a certificate that a document has generated: \`eventVersion\`, \`deployment\`, \`accountId\`, \`awsRegion\`, \`step\` (\`start\`), \`stages\`, \`stageList\` (the same as text), \`oldCertificate\`, \`newCertificate\`, \`owner\`, \`nextCommand\`, \`executionId\` (of Systems Manager), \`pem\`, \`pemLines\` (its lines, at most 20) |
| \`aws.config\` | \`Config Rules Compliance Change\` | only on \`eventBus\`: AWS Config's event, for every change of the compliance type of a stagecert rule's result |
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

The mailer exists once. It costs less than a dollar per month, and its three alarms $0.30:

| what | per month | about |
| --- | --- | --- |
| runs every minute | 43,800 invocations; with 0.2 s at 256 MB (assumed), 2,190 GB-seconds | $0.04 |
| EventBridge Scheduler | 43,830 runs; the first 14 million are free, then $1 per million (UNVERIFIED) | $0 |
| SQS | 88,000 requests for the runs, three per email, and about 650,000 with which Lambda polls the queue (five pollers, 20 s each, UNVERIFIED); the first million is free, then $0.50 per million of a FIFO queue and $0.40 of a standard one (UNVERIFIED: third parties) | $0 to $0.40 |
| DynamoDB, on demand | one query per run, and one write per email and id; $0.125 per million reads and $0.625 per million writes (UNVERIFIED: third parties) | $0.01 |
| SNS | $2 per 100,000 emails after the first 1,000 (UNVERIFIED) | $0 |
`;
}
