import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseConfiguration } from '../lib/configuration/configuration';
import { deploymentFile } from '../lib/deployment-file';
import { ALL_CONFIGURATIONS, appOf } from './fixtures';

/** The command line, which reads the deployment file. `make cdk` sets the variable. */
const STAGECERT = process.env.STAGECERT;

/**
 * Returns the error message of a command on a deployment file. Without credentials, it calls no
 * account.
 */
function errorFor(file: object): string {
  const directory = mkdtempSync(join(tmpdir(), 'stagecert-'));
  const path = join(directory, 'deployment.json');
  writeFileSync(path, JSON.stringify(file));
  const options = ['coverage', '--deployment', path];
  const env = { HOME: directory, AWS_EC2_METADATA_DISABLED: 'true' };
  const { status, stderr } = spawnSync(STAGECERT ?? '', options, { encoding: 'utf8', env });
  rmSync(directory, { recursive: true });
  expect(status).toBe(2);
  return stderr;
}

/**
 * The file is valid: the command fails later, at the credentials or because it is built without
 * AWS.
 */
const VALID = /^error: (not supported: live accounts|no AWS credentials found|GetCallerIdentity )/;

test.runIf(STAGECERT).each(Object.entries(ALL_CONFIGURATIONS))(
  'the command line accepts the deployment file of %s',
  (_, value) => {
    expect(errorFor(deploymentFile(appOf(value), parseConfiguration(value)))).toMatch(VALID);
  },
);

test.runIf(STAGECERT)('the command line names a field that it does not know', () => {
  const value = ALL_CONFIGURATIONS['stack-set, minimal'] ?? {};
  const file = { ...deploymentFile(appOf(value), parseConfiguration(value)), color: 'blue' };
  expect(errorFor(file)).toMatch(/^error: \S+\/deployment\.json: deployment\.color: unknown field `color`/);
});
