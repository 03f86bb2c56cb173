/** Organizational units that share a StackSet. */
export interface StackSetGroup {
  /** What distinguishes the group's StackSet from the others; the main one has none. */
  readonly kind?: 'canary' | 'unreserved' | undefined;
  readonly organizationalUnits: readonly string[];

  /** The reserved concurrency of the functions, or `none`. */
  readonly reservedConcurrency: number | 'none';
}

/** What {@link stackSetGroups} needs. */
export interface StackSetGroupsProps {
  readonly organizationalUnits: readonly string[];

  /**
   * The unit that is deployed first.
   *
   * @default - all units are deployed at the same time
   */
  readonly canary?: string | undefined;

  /** The reserved concurrency, or a map with `default` and `none` for organizational units. */
  readonly reservedConcurrency: number | 'none' | Readonly<Record<string, number | 'none'>>;
}

/**
 * Returns the groups of organizational units in the order in which they are deployed. Each group
 * has its own StackSet. Overridden parameters would not do, because they don't apply to accounts
 * that are added later (CloudFormation user guide, automatic deployments).
 */
export function stackSetGroups(props: StackSetGroupsProps): StackSetGroup[] {
  const { canary, organizationalUnits } = props;
  const reservations =
    typeof props.reservedConcurrency === 'object' ? props.reservedConcurrency : { default: props.reservedConcurrency };
  const reservedConcurrency = reservations.default ?? 1;
  const unreserved = organizationalUnits.filter((unit) => unit !== canary && reservations[unit] === 'none');
  const others = organizationalUnits.filter((unit) => unit !== canary && !unreserved.includes(unit));
  const groups: StackSetGroup[] = [
    { kind: 'canary', organizationalUnits: canary === undefined ? [] : [canary], reservedConcurrency },
    { organizationalUnits: others, reservedConcurrency },
    { kind: 'unreserved', organizationalUnits: unreserved, reservedConcurrency: 'none' },
  ];
  return groups.filter((group) => group.organizationalUnits.length > 0);
}
