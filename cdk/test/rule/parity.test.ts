import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { inputParameters, type RuleParameters, ruleParametersSchema } from '../../lib/rule/rule-parameters';
import { CONFIGURATIONS, EXEMPTION_DOCUMENTS } from '../fixtures';

/**
 * The command line, which validates parameters as the function does. `make cdk` sets the variable.
 */
const STAGECERT = process.env.STAGECERT;

/** Returns the error message for rule parameters, or an empty string if they are accepted. */
function errorFor(parameters: Record<string, string>): string {
  const options = Object.entries(parameters).flatMap(([key, value]) => ['--param', `${key}=${value}`]);
  const { status, stderr } = spawnSync(STAGECERT ?? '', ['scan', '--example', ...options], { encoding: 'utf8' });
  expect([0, 1, 2]).toContain(status);
  // Without an exemption document, a scan can't evaluate every stage.
  return status === 2 && stderr.startsWith('error: rule parameter ') ? stderr : '';
}

const EXCLUSIONS = [
  'a1b2c3/prod until=2026-12-31 reason=migration to mTLS',
  '*/dev until=2028-02-29',
  '*/t[!e]st reason=valid until 2026-12-31',
  '*/mock',
  '*/mock? checks=owner-tag',
  '*/mock? checks=certificate-expiry',
  'a1b2c3/* checks=certificate-expiry+owner-tag until=2026-12-31 reason=x',
];

const examples = Object.values(CONFIGURATIONS).flatMap((value) => {
  const parameters = (value as { rule?: { parameters?: RuleParameters } }).rule?.parameters;
  return parameters === undefined ? [] : [parameters];
});

test
  .runIf(STAGECERT)
  .each([
    ...examples,
    { certificateSharing: 'none' },
    { excludeStages: EXCLUSIONS },
    { appliesTo: 'all-stages', certificateIds: ['a1b2c3'] },
  ])('the function accepts %j', (parameters) => {
  expect(errorFor(inputParameters(ruleParametersSchema.parse(parameters)))).toBe('');
});

test
  .runIf(STAGECERT)
  .each([
    { expiryWindowDays: 366 },
    { managedRenewalWindowDays: 0 },
    { checks: ['expiry'] },
    { ownerTagOn: ['api'] },
    { certificateSharing: ['any'] },
    { appliesTo: 'rest' },
    { inventory: 'both' },
    { reporting: 'none' },
    { ownerTagKeys: ['owner', 'owner'] },
    { excludeStages: ['dev'] },
    { excludeStages: ['*/dev until=2026-02-29'] },
    { excludeStages: ['*/dev until=2026-12-1'] },
    { excludeStages: ['*/dev until=tomorrow'] },
    { excludeStages: ['*/dev until=2026-12-31T00:00:00Z'] },
    { excludeStages: ['*/dev reason=für'] },
    { excludeStages: ['*/dev reason='] },
    { excludeStages: [`*/dev reason=${'r'.repeat(101)}`] },
    { excludeStages: ['*/dev', '*/dev reason=x'] },
    { excludeStages: ['*/dev reason=x until=2026-12-31'] },
    { excludeStages: ['*/dev reason=x checks=owner-tag'] },
    { excludeStages: ['*/dev until=2026-12-31', '*/dev until=2027-12-31'] },
    { excludeStages: ['*/dev checks='] },
    { excludeStages: ['*/dev checks=owner-tag+owner-tag'] },
    { excludeStages: ['*/dev checks=owner-tag', '*/dev'] },
    { excludeStages: ['*/dev checks=expiry'] },
    { excludeStages: ['*/dev checks=owner-tag+'] },
    { excludeStages: ['*/dev until=2026-12-31 checks=owner-tag'] },
    { exemptionTag: 't'.repeat(129) },
    { apiGatewayCallsPerSecond: 0 },
    { apiGatewayCallsPerSecond: 9 },
    ...EXEMPTION_DOCUMENTS.filter(([, allowed]) => !allowed).map(([exemptions]) => ({ exemptions })),
  ])('both the app and the function reject %j', (parameters) => {
  expect(ruleParametersSchema.safeParse(parameters).success).toBe(false);
  expect(errorFor(inputParameters(parameters as RuleParameters))).toContain(Object.keys(parameters)[0]);
});
