import { type FrontDoorSettings, selectedFrontDoorChecks } from '../rule/front-door';
import type { Configuration } from './schema';

/** Returns the settings of the rule for the front door, if the configuration enables it. */
export function frontDoorSettings({ frontDoor }: Configuration): FrontDoorSettings | undefined {
  const { enabled, ...settings } = frontDoor ?? {};
  return enabled === true ? settings : undefined;
}

/** Returns the problems of the settings of the front door. */
export function frontDoorConflicts({ frontDoor }: Configuration): string[] {
  const { enabled, ...settings } = frontDoor ?? {};
  const problems: string[] = [];
  if (frontDoor !== undefined && enabled === undefined) {
    problems.push('frontDoor.enabled: required with frontDoor: true, or false to turn the rule off');
  }
  const checks = selectedFrontDoorChecks(settings);
  const asksTruststores = checks.includes('truststore');
  if (settings.truststoreWindowDays !== undefined && !asksTruststores) {
    problems.push('frontDoor.truststoreWindowDays: allowed only with the check truststore in frontDoor.checks');
  }
  if (settings.truststoreBuckets !== undefined && !asksTruststores) {
    problems.push('frontDoor.truststoreBuckets: allowed only with the check truststore in frontDoor.checks');
  }
  const requires = checks.includes('mutual-tls') || checks.includes('private-front-door');
  if (settings.requireMutualTls !== undefined && !requires) {
    problems.push(
      'frontDoor.requireMutualTls: allowed only with the check mutual-tls or private-front-door in frontDoor.checks',
    );
  }
  return problems;
}
