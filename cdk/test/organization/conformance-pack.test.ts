import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { conformancePackTemplate, DEFAULTS } from '../../lib/organization/conformance-pack';
import { MANAGED_RULES, managedRulesIn } from '../../lib/rule/managed-rules';
import { CONFIGURATIONS, resources } from '../fixtures';

test('the pack consists of one rule per check and managed rules for the other controls', () => {
  const template = parse(conformancePackTemplate(DEFAULTS));
  const rules = Object.values(template.Resources) as { Type: string; Properties: { ConfigRuleName: string } }[];
  expect(new Set(rules.map(({ Type }) => Type))).toEqual(new Set(['AWS::Config::ConfigRule']));
  expect(rules.map(({ Properties }) => Properties.ConfigRuleName)).toEqual([
    'stagecert-certificate-attached',
    'stagecert-certificate-expiry',
    'stagecert-certificate-unique',
    'stagecert-owner-tag',
    ...MANAGED_RULES.map(({ name }) => name),
  ]);
  expect(MANAGED_RULES.map(({ control }) => control)).toEqual(
    [1, 3, 4, 5, 8, 9, 10, 11].map((number) => `APIGateway.${number}`),
  );
});

test("the size is below AWS Config's limit, and a larger pack is rejected", () => {
  expect(Buffer.byteLength(conformancePackTemplate(DEFAULTS))).toBeLessThan(51_200);
  const managedRules = Array.from(
    { length: 400 },
    (_, number) => ({ ...MANAGED_RULES[0], name: `rule-${number}` }) as never,
  );
  expect(() => conformancePackTemplate({ ...DEFAULTS, managedRules })).toThrow('allowed: 51200');
});

test('the pack leaves out managed rules that AWS does not offer in the Region', () => {
  const bodies = resources(
    CONFIGURATIONS['conformance-pack, full'] ?? {},
    'AWS::Config::OrganizationConformancePack',
  ).map(({ Properties }) => Object.keys(parse(Properties.TemplateBody).Resources));
  expect(bodies.map((names) => names.length)).toEqual([
    4 + MANAGED_RULES.length,
    4 + managedRulesIn('mx-central-1').length,
  ]);
  expect(managedRulesIn('us-gov-west-1').length).toBeLessThan(MANAGED_RULES.length);
});

test('rule parameters reach each rule as strings', () => {
  const template = parse(
    conformancePackTemplate({ ...DEFAULTS, parameters: { expiryWindowDays: 30, checks: ['certificate-expiry'] } }),
  );
  expect(Object.keys(template.Resources)).toContain('StagecertCertificateExpiry');
  expect(Object.keys(template.Resources)).not.toContain('StagecertOwnerTag');
  expect(template.Resources.StagecertCertificateExpiry.Properties.InputParameters).toEqual({
    checks: 'certificate-expiry',
    expiryWindowDays: '30',
    executionRoleName: { Ref: 'ExecutionRoleName' },
  });
});
