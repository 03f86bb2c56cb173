import { App, type StackProps } from 'aws-cdk-lib';
import { AwsSolutionsChecks, NIST80053R5Checks } from 'cdk-nag';
import type { Construct } from 'constructs';
import { expect, test, vi } from 'vitest';
import * as template from '../lib/organization/template';
import { ALL_CONFIGURATIONS, appOf, resources } from './fixtures';

/** Returns the findings of both rule packs about an app. */
function findings(app: App): string[] {
  return [new AwsSolutionsChecks(app), new NIST80053R5Checks(app)].flatMap((pack) =>
    pack.validateScope(app).violations.map((violation) => violation.ruleName),
  );
}

test.each(Object.keys(ALL_CONFIGURATIONS))('%s: every cdk-nag finding is acknowledged', (name) => {
  // The stack inside a StackSet is synthesized in a separate app, which is checked too.
  const inner: App[] = [];
  const synthesizeTemplate = template.synthesizeTemplate;
  vi.spyOn(template, 'synthesizeTemplate').mockImplementation((make, tags) => {
    const app = new App();
    make(app, 'Template', {});
    inner.push(app);
    return synthesizeTemplate(make as (scope: Construct, id: string, props: StackProps) => never, tags);
  });
  const app = appOf(ALL_CONFIGURATIONS[name] ?? {});
  vi.restoreAllMocks();
  expect(inner.length).toBe(resources(ALL_CONFIGURATIONS[name] ?? {}, 'AWS::CloudFormation::StackSet').length);
  expect([app, ...inner].flatMap(findings)).toEqual([]);
});

test('the rule packs are effective: a bucket with default settings has findings in both', async () => {
  const { Stack } = await import('aws-cdk-lib');
  const { Bucket } = await import('aws-cdk-lib/aws-s3');
  const app = new App();
  new Bucket(new Stack(app, 'Stack'), 'Bucket');
  const found = findings(app);
  expect(found).toContain('AwsSolutions-S1');
  expect(found).toContain('NIST.800.53.R5-S3BucketVersioningEnabled');
});
