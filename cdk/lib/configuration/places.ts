import { partitionOf } from '../partitions';
import type { Configuration } from './schema';

/** The maximum length of a bucket's name (S3 user guide, naming rules). */
const MAX_BUCKET_LENGTH = 63;

/** Returns the problems of Regions, and of names and ARNs that don't fit the Regions. */
export function placeConflicts(configuration: Configuration): string[] {
  const { regions } = configuration.targets;
  const partition = partitionOf(regions[0] ?? '');
  const others = regions.filter((region) => partitionOf(region) !== partition);
  if (others.length > 0) {
    return [
      `targets.regions: allowed: Regions of one partition; ${others.join(', ')}: not in ${partition} as ${regions[0]}`,
    ];
  }
  return [
    ...arnConflicts(configuration, partition),
    ...keyConflicts(configuration),
    ...boundaryConflicts(configuration),
    ...codeConflicts(configuration),
  ];
}

function arnConflicts(configuration: Configuration, partition: string): string[] {
  const { alerts, frontDoor, function: settings, roles, rule, targets } = configuration;
  const arns = {
    ...Object.fromEntries(targets.dependsOn.map((arn, index) => [`targets.dependsOn.${index}`, arn])),
    'rule.exemptionsKmsKey': rule.exemptionsKmsKey,
    ...Object.fromEntries(
      (frontDoor?.truststoreBuckets ?? []).map((arn, index) => [`frontDoor.truststoreBuckets.${index}`, arn]),
    ),
    'function.logKmsKey': settings.logKmsKey,
    'roles.permissionsBoundary': roles.permissionsBoundary,
    'alerts.eventBus': alerts?.eventBus,
    'alerts.alarmTopic': alerts?.alarmTopic,
    ...Object.fromEntries(Object.entries(alerts?.owners ?? {}).map(([owner, arn]) => [`alerts.owners.${owner}`, arn])),
  };
  return Object.entries(arns)
    .filter(([, arn]) => arn?.startsWith('arn:') && arn.split(':')[1] !== partition)
    .map(([key]) => `${key}: allowed: an ARN of the partition ${partition}, like the Regions`);
}

function keyConflicts({ function: { logKmsKey }, targets }: Configuration): string[] {
  const region = logKmsKey?.split(':')[3] ?? 'REGION';
  return region !== 'REGION' && targets.regions.some((it) => it !== region)
    ? [
        'function.logKmsKey: allowed with these Regions: an ARN with REGION, because a log group uses a key in its own ' +
          'Region',
      ]
    : [];
}

function boundaryConflicts({ deploymentMode, roles }: Configuration): string[] {
  const account = roles.permissionsBoundary?.split(':')[4];
  return deploymentMode !== 'account' && account !== undefined && account !== 'aws'
    ? [
        'roles.permissionsBoundary: allowed for an organization: the path and name of a policy in each account, or the ' +
          'ARN of an AWS managed policy, because a role can only use policies in the same account',
      ]
    : [];
}

function codeConflicts({ function: { code }, targets: { regions } }: Configuration): string[] {
  if (typeof code !== 'object') {
    return [];
  }
  if (!code.bucket.includes('REGION') && regions.length > 1) {
    return [
      'function.code.bucket: allowed with several Regions: a name that includes REGION, because Lambda requires a bucket ' +
        'in its own Region',
    ];
  }
  const long = regions.filter((region) => code.bucket.replaceAll('REGION', region).length > MAX_BUCKET_LENGTH);
  return long.length > 0
    ? [`function.code.bucket: allowed: at most ${MAX_BUCKET_LENGTH} characters with each Region; ${long[0]}: more`]
    : [];
}
