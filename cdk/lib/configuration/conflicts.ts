import { alertConflicts, type Senders } from '../alerts/alert-conflicts';
import { selectedChecks } from '../rule/rule-parameters';
import { frontDoorConflicts, frontDoorSettings } from './front-door';
import { placeConflicts } from './places';
import type { Configuration } from './schema';

/** How many accounts an organization rule or conformance pack can exclude (botocore). */
const MAX_EXCLUDED_ACCOUNTS = 1000;

/** Returns the problems of keys that are valid individually but conflict with each other. */
export function conflicts(configuration: Configuration): string[] {
  const { deploymentMode, organization, targets, rule, alerts } = configuration;
  const problems = alertConflicts(alerts, rule.parameters, {
    deploymentMode,
    regions: targets.regions,
    account: alerts?.account ?? organization?.administratorAccount,
    metrics: configuration.metrics,
    name: configuration.name,
    senders: senders(configuration),
    frontDoor: frontDoorSettings(configuration),
  });
  if (configuration.securityHub.suppressConfigFindings && rule.parameters.securityHub !== 'on') {
    problems.push(
      'securityHub.suppressConfigFindings: allowed only with rule.parameters.securityHub: on; otherwise no findings would ' +
        'remain',
    );
  }
  if (configuration.securityHub.resolvePassedFindings && rule.parameters.securityHub !== 'on') {
    problems.push('securityHub.resolvePassedFindings: allowed only with rule.parameters.securityHub: on');
  }
  if (rule.exemptionsKmsKey !== undefined && rule.parameters.exemptions === undefined) {
    problems.push('rule.exemptionsKmsKey: allowed only with rule.parameters.exemptions, the document that it encrypts');
  }
  if (configuration.dashboard.everyAccount && deploymentMode !== 'stack-set') {
    problems.push(
      'dashboard.everyAccount: allowed only with deploymentMode stack-set; the other modes have no function in each account',
    );
  }
  problems.push(
    ...frontDoorConflicts(configuration),
    ...rotationConflicts(configuration),
    ...placeConflicts(configuration),
  );
  if (deploymentMode === 'account') {
    return [...problems, ...accountConflicts(configuration)];
  }
  if (organization === undefined) {
    problems.push(
      `organization: required with deploymentMode ${deploymentMode}: id, managementAccount and administratorAccount`,
    );
  }
  if (targets.organizationalUnits.length === 0) {
    problems.push(`targets.organizationalUnits: required with deploymentMode ${deploymentMode}: at least one`);
  }
  const more = deploymentMode === 'stack-set' ? stackSetConflicts(configuration) : centralConflicts(configuration);
  return [...problems, ...managementAccountConflicts(configuration), ...more];
}

/** The beginnings of names that Systems Manager reserves for AWS's own documents (botocore). */
const RESERVED_DOCUMENT_NAMES = ['aws', 'amazon', 'amzn'];

function rotationConflicts({ rotation, deploymentMode, name, rule, alerts }: Configuration): string[] {
  if (rotation === 'none') {
    return [];
  }
  const problems: string[] = [];
  if (deploymentMode !== 'stack-set' && deploymentMode !== 'account') {
    problems.push(
      'rotation: automation: allowed only with deploymentMode stack-set or account; AWS Config accepts no remediation for ' +
        'organization rules and for the rules that a conformance pack deploys',
    );
  }
  if (alerts?.email === undefined && alerts?.eventBus === undefined) {
    problems.push(
      'rotation: automation: allowed only with alerts.email or alerts.eventBus, which receive each new certificate',
    );
  }
  if (!selectedChecks(rule.parameters).includes('certificate-expiry')) {
    problems.push('rotation: automation: allowed only with the check certificate-expiry, whose rule it remediates');
  }
  const reserved = RESERVED_DOCUMENT_NAMES.find((beginning) => name.startsWith(beginning));
  if (reserved !== undefined) {
    problems.push(
      `rotation: automation: allowed only with a name that doesn't start with ${reserved}, which AWS reserves for its ` +
        'own documents',
    );
  }
  return problems;
}

/** Returns the accounts from whose default buses alerts may come. */
function senders({ deploymentMode, organization, targets, dashboard }: Configuration): Senders {
  if (deploymentMode === 'account' || organization === undefined) {
    // The account is that of the credentials with which the app is deployed.
    return { known: [], excluded: [] };
  }
  const { administratorAccount, managementAccount } = organization;
  return {
    // The functions, the alarms and the events of StackSets, which come from both accounts.
    known: [administratorAccount, managementAccount, dashboard.account ?? administratorAccount],
    others: targets.accounts,
    excluded: targets.excludedAccounts,
  };
}

function accountConflicts(configuration: Configuration): string[] {
  const { targets, dashboard, securityHub, alerts } = configuration;
  const problems: string[] = [];
  if (targets.organizationalUnits.length > 0 || targets.accounts !== undefined) {
    problems.push(
      'targets: allowed with deploymentMode account: only regions; the target is the account of your credentials',
    );
  }
  const accounts = {
    'alerts.account': alerts?.account,
    'dashboard.account': dashboard.account,
    'securityHub.administratorAccount': securityHub.administratorAccount,
  };
  for (const [key, account] of Object.entries(accounts)) {
    if (account !== undefined) {
      problems.push(`${key}: allowed only for an organization`);
    }
  }
  return [...problems, ...reservationConflicts(configuration)];
}

function stackSetConflicts(configuration: Configuration): string[] {
  const { targets, rollout } = configuration;
  const problems: string[] = [];
  if (targets.accounts !== undefined && targets.excludedAccounts.length > 0) {
    problems.push('targets.excludedAccounts: allowed only without targets.accounts');
  }
  if (targets.accounts !== undefined && targets.dependsOn.length > 0) {
    problems.push(
      'targets.dependsOn: allowed only without targets.accounts, which turns off the automatic deployment to new accounts',
    );
  }
  const isUnit = rollout.canary === undefined || targets.organizationalUnits.includes(rollout.canary);
  if (!isUnit || (rollout.canary !== undefined && targets.organizationalUnits.length === 1)) {
    problems.push('rollout.canary: allowed: one of several targets.organizationalUnits');
  }
  const severalStackSets =
    rollout.canary !== undefined || typeof configuration.function.reservedConcurrency === 'object';
  const units = targets.organizationalUnits;
  if (severalStackSets && units.length > 1 && units.some((unit) => unit.startsWith('r-'))) {
    problems.push(
      "targets.organizationalUnits: allowed with rollout.canary or function.reservedConcurrency by unit: units that don't " +
        "contain each other, so not the organization's root",
    );
  }
  return [...problems, ...reservationConflicts(configuration)];
}

function centralConflicts(configuration: Configuration): string[] {
  const { deploymentMode, organization, targets, rollout } = configuration;
  const problems: string[] = [];
  const [root, ...more] = targets.organizationalUnits;
  if (root !== undefined && (more.length > 0 || !root.startsWith('r-'))) {
    problems.push(
      `targets.organizationalUnits: allowed with deploymentMode ${deploymentMode}: only the organization's root (r-…), because ` +
        'this mode reaches every account; use targets.excludedAccounts to leave accounts out',
    );
  }
  if (targets.accounts !== undefined) {
    problems.push(
      'targets.accounts: allowed only with deploymentMode stack-set; otherwise use targets.excludedAccounts to leave ' +
        'accounts out',
    );
  }
  if (rollout.canary !== undefined) {
    problems.push('rollout.canary: allowed only with deploymentMode stack-set');
  }
  // The management account is excluded too, unless it is a target.
  const management = targets.managementAccount ? [] : [organization?.managementAccount];
  if (new Set([...targets.excludedAccounts, ...management]).size > MAX_EXCLUDED_ACCOUNTS) {
    problems.push(
      `targets.excludedAccounts: allowed: at most ${MAX_EXCLUDED_ACCOUNTS - 1}, because the management account is excluded too`,
    );
  }
  return [...problems, ...reservationConflicts(configuration)];
}

function managementAccountConflicts({ organization, targets }: Configuration): string[] {
  const account = organization?.managementAccount ?? '';
  if (targets.managementAccount === undefined) {
    return [];
  }
  const excluded = targets.excludedAccounts.includes(account);
  const listed = targets.accounts?.includes(account);
  if (targets.managementAccount && (excluded || listed === false)) {
    return [
      'targets.managementAccount: allowed: true only if targets.accounts, if given, lists the management account, and ' +
        'targets.excludedAccounts does not',
    ];
  }
  return !targets.managementAccount && listed
    ? ['targets.managementAccount: allowed: true, or leave the key out: targets.accounts lists the management account']
    : [];
}

function reservationConflicts({ deploymentMode, targets, rollout, ...configuration }: Configuration): string[] {
  const { reservedConcurrency } = configuration.function;
  if (typeof reservedConcurrency !== 'object') {
    return [];
  }
  if (deploymentMode !== 'stack-set') {
    return ['function.reservedConcurrency: allowed for organizational units only with deploymentMode stack-set'];
  }
  const key = 'function.reservedConcurrency';
  return Object.entries(reservedConcurrency)
    .filter(([unit]) => unit !== 'default')
    .flatMap(([unit, value]) => [
      ...(value === 'none' ? [] : [`${key}.${unit}: allowed: none; default sets the number of all other units`]),
      ...(targets.organizationalUnits.includes(unit) && unit !== rollout.canary
        ? []
        : [`${key}.${unit}: allowed: one of targets.organizationalUnits, except rollout.canary`]),
    ]);
}
