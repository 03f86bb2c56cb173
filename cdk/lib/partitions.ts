/** The partitions by the prefixes of their Regions (botocore, `partitions.json`). */
const PARTITIONS = [
  ['cn-', 'aws-cn'],
  ['us-gov-', 'aws-us-gov'],
  ['us-iso-', 'aws-iso'],
  ['us-isob-', 'aws-iso-b'],
  ['eu-isoe-', 'aws-iso-e'],
  ['us-isof-', 'aws-iso-f'],
  ['eusc-', 'aws-eusc'],
] as const;

/** Returns the partition of a Region. */
export function partitionOf(region: string): string {
  const [, partition] = PARTITIONS.find(([prefix]) => region.startsWith(prefix)) ?? ['', 'aws'];
  return partition;
}
