import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { conformancePackTemplate, DEFAULTS } from '../../lib/organization/conformance-pack';
import { MANAGED_RULES, managedRulesIn, managedRulesMissingIn, sourceOf } from '../../lib/rule/managed-rules';
import { appOf, CONFIGURATIONS, resources } from '../fixtures';

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

/** The codes of the Regions that AWS's pages about the rules name. */
const REGIONS: Readonly<Record<string, string>> = {
  'ap-southeast-6': 'Asia Pacific (New Zealand)',
  'ap-east-2': 'Asia Pacific (Taipei)',
  'ap-southeast-7': 'Asia Pacific (Thailand)',
  'ap-southeast-3': 'Asia Pacific (Jakarta)',
  'me-central-1': 'Middle East (UAE)',
  'ap-south-2': 'Asia Pacific (Hyderabad)',
  'ap-southeast-5': 'Asia Pacific (Malaysia)',
  'ap-southeast-4': 'Asia Pacific (Melbourne)',
  'us-gov-east-1': 'AWS GovCloud (US-East)',
  'us-gov-west-1': 'AWS GovCloud (US-West)',
  'mx-central-1': 'Mexico (Central)',
  'il-central-1': 'Israel (Tel Aviv)',
  'ca-west-1': 'Canada West (Calgary)',
  'eu-south-2': 'Europe (Spain)',
  'eu-central-2': 'Europe (Zurich)',
  'cn-north-1': 'China (Beijing)',
  'cn-northwest-1': 'China (Ningxia)',
};

const OLDER_RULES = 'Asia Pacific (New Zealand), Asia Pacific (Taipei)';

/** The Regions after "All supported AWS regions except" on AWS's page about each rule. */
test.each([
  ['api-gw-execution-logging-enabled', OLDER_RULES],
  ['api-gw-xray-enabled', OLDER_RULES],
  ['api-gw-associated-with-waf', OLDER_RULES],
  ['api-gw-cache-enabled-and-encrypted', OLDER_RULES],
  [
    'api-gwv2-authorization-type-configured',
    'Asia Pacific (New Zealand), Asia Pacific (Thailand), Asia Pacific (Jakarta), Middle East (UAE), ' +
      'Asia Pacific (Hyderabad), Asia Pacific (Malaysia), Asia Pacific (Melbourne), AWS GovCloud (US-East), ' +
      'AWS GovCloud (US-West), Mexico (Central), Israel (Tel Aviv), Asia Pacific (Taipei), Canada West (Calgary), ' +
      'Europe (Spain), Europe (Zurich)',
  ],
  [
    'api-gwv2-access-logs-enabled',
    'Asia Pacific (New Zealand), Asia Pacific (Jakarta), Middle East (UAE), Asia Pacific (Hyderabad), ' +
      'Asia Pacific (Malaysia), Asia Pacific (Melbourne), AWS GovCloud (US-East), AWS GovCloud (US-West), ' +
      'Israel (Tel Aviv), Asia Pacific (Taipei), Canada West (Calgary), Europe (Spain), Europe (Zurich)',
  ],
  [
    'apigatewayv2-integration-private-https-enabled',
    'Asia Pacific (New Zealand), China (Beijing), Asia Pacific (Thailand), AWS GovCloud (US-East), ' +
      'AWS GovCloud (US-West), Mexico (Central), Asia Pacific (Taipei), China (Ningxia)',
  ],
  [
    'apigateway-domain-name-tls-check',
    'Asia Pacific (New Zealand), China (Beijing), AWS GovCloud (US-East), AWS GovCloud (US-West), China (Ningxia)',
  ],
])("%s is left out of the Regions that AWS's page excepts, and only of these", (name, excepted) => {
  const missing = Object.keys(REGIONS).filter((region) =>
    managedRulesMissingIn(region).some((rule) => rule.name === name),
  );
  expect(missing.map((region) => REGIONS[region]).sort()).toEqual(excepted.split(', ').sort());
});

test('nine commercial Regions lack two rules, and the Regions of the fixtures lack none', () => {
  for (const region of [
    'ap-south-2',
    'ap-southeast-3',
    'ap-southeast-4',
    'ap-southeast-5',
    'ca-west-1',
    'eu-central-2',
    'eu-south-2',
    'il-central-1',
    'me-central-1',
  ]) {
    expect(
      managedRulesMissingIn(region).map(({ control }) => control),
      region,
    ).toEqual(['APIGateway.8', 'APIGateway.9']);
    expect(managedRulesIn(region)).toHaveLength(MANAGED_RULES.length - 2);
  }
  expect(managedRulesMissingIn('eu-west-1')).toEqual([]);
  expect(managedRulesIn('eusc-de-east-1')).toEqual([]);
});

test('the synthesis prints which controls a Region does not get, and where that is documented', () => {
  const assembly = appOf(CONFIGURATIONS['conformance-pack, full'] ?? {}).synth();
  const messages = assembly.stacks.flatMap(({ messages }) => messages.map(({ entry }) => String(entry.data)));
  const about = messages.filter((message) => message.includes("doesn't get"));
  expect(about).toHaveLength(1);
  expect(about[0]).toMatch(
    /^mx-central-1 doesn't get APIGateway\.8 \(api-gwv2-authorization-type-configured\), APIGateway\.10 /,
  );
  expect(about[0]).toContain(sourceOf({ name: 'api-gwv2-authorization-type-configured' }));
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
