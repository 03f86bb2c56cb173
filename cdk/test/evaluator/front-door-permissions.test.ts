import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { expect, test } from 'vitest';
import { frontDoorStatements } from '../../lib/evaluator/front-door-permissions';
import { WITHOUT_RESOURCE_TYPES, wildcardReason } from '../../lib/evaluator/permissions';
import { FRONT_DOOR_CHECKS } from '../../lib/rule/front-door';
import { ALL_CONFIGURATIONS, FRONT_DOOR, FRONT_DOOR_CONFIGURATIONS, resolved, templatesOf } from '../fixtures';

const BUCKETS = ['arn:aws:s3:::example-truststores'];

const text = (statement: PolicyStatement) =>
  JSON.stringify(statement.toStatementJson())
    .replaceAll(/\$\{Token\[AWS\.AccountId\.\d+\]\}/g, 'ACCOUNT')
    .replaceAll(/\$\{Token\[AWS\.Partition\.\d+\]\}/g, 'aws');
const statementsOf = (...args: Parameters<typeof frontDoorStatements>) =>
  frontDoorStatements(...args).map((statement) => JSON.parse(text(statement)));

test('one Region: every statement, with the narrowest resources', () => {
  expect(statementsOf({ truststoreBuckets: BUCKETS }, ['eu-west-1'])).toEqual([
    {
      Sid: 'ReadFrontDoor',
      Effect: 'Allow',
      Action: 'apigateway:GET',
      Resource: [
        'arn:aws:apigateway:eu-west-1::/apis',
        'arn:aws:apigateway:eu-west-1::/apis/*',
        'arn:aws:apigateway:eu-west-1::/domainnames',
        'arn:aws:apigateway:eu-west-1::/domainnames/*',
        'arn:aws:apigateway:eu-west-1::/restapis',
        'arn:aws:apigateway:eu-west-1::/restapis/*',
        'arn:aws:apigateway:eu-west-1:ACCOUNT:/domainnames/*',
      ],
    },
    {
      Sid: 'ReadRoutingRules',
      Effect: 'Allow',
      Action: 'apigateway:ListRoutingRules',
      Resource: [
        'arn:aws:apigateway:eu-west-1:ACCOUNT:/domainnames/*/routingrules',
        'arn:aws:apigateway:eu-west-1:ACCOUNT:/domainnames/*/routingrules/*',
      ],
    },
    {
      Sid: 'ReadDomainCertificates',
      Effect: 'Allow',
      Action: 'acm:DescribeCertificate',
      Resource: 'arn:aws:acm:*:ACCOUNT:certificate/*',
      Condition: { StringEquals: { 'aws:RequestedRegion': ['eu-west-1', 'us-east-1'] } },
    },
    {
      Sid: 'ReadPrivateFrontDoor',
      Effect: 'Allow',
      Action: [
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeSecurityGroups',
        'ec2:DescribeVpcEndpoints',
        'elasticloadbalancing:DescribeListeners',
        'elasticloadbalancing:DescribeLoadBalancers',
        'elasticloadbalancing:DescribeRules',
        'elasticloadbalancing:DescribeTargetGroups',
        'elasticloadbalancing:DescribeTargetHealth',
        'elasticloadbalancing:DescribeTrustStoreRevocations',
      ],
      Resource: '*',
    },
    {
      Sid: 'ReadListenerTrustStores',
      Effect: 'Allow',
      Action: [
        'elasticloadbalancing:GetTrustStoreCaCertificatesBundle',
        'elasticloadbalancing:GetTrustStoreRevocationContent',
      ],
      Resource: 'arn:aws:elasticloadbalancing:eu-west-1:*:truststore/*',
    },
    {
      Sid: 'ReadTruststores',
      Effect: 'Allow',
      Action: ['s3:GetObject', 's3:GetObjectVersion'],
      Resource: 'arn:aws:s3:::example-truststores/*',
    },
    {
      Sid: 'DecryptTruststores',
      Effect: 'Allow',
      Action: 'kms:Decrypt',
      Resource: 'arn:aws:kms:eu-west-1:*:key/*',
      Condition: {
        StringLike: {
          'kms:EncryptionContext:aws:s3:arn': [
            'arn:aws:s3:::example-truststores',
            'arn:aws:s3:::example-truststores/*',
          ],
          'kms:ViaService': ['s3.eu-west-1.*'],
        },
      },
    },
  ]);
});

test('several Regions: a condition limits what the ARNs do not, so each further Region adds little', () => {
  const regions = ['eu-west-1', 'us-east-1', 'ap-southeast-2'];
  const statements = statementsOf({ truststoreBuckets: BUCKETS }, regions);
  for (const { Sid, Resource, Condition } of statements.filter(({ Sid }) => !Sid.endsWith('cryptTruststores'))) {
    expect([Resource].flat().join().includes('eu-west-1'), Sid).toBe(false);
    const limit = Condition?.StringEquals?.['aws:RequestedRegion'];
    expect(limit, Sid).toEqual(Sid === 'ReadTruststores' ? undefined : regions);
  }
  const decrypt = statements.find(({ Sid }) => Sid === 'DecryptTruststores');
  expect(decrypt.Condition.StringLike['kms:ViaService']).toEqual(regions.map((region) => `s3.${region}.*`));
  const size = (count: number) =>
    JSON.stringify(
      statementsOf(
        { truststoreBuckets: BUCKETS },
        Array.from({ length: count }, (_, index) => `ap-southeast-${index}`),
      ),
    ).length;
  expect((size(12) - size(2)) / 10).toBeLessThan(150);
});

test.each([
  ['mutual-tls', ['ReadPrivateFrontDoor']],
  ['truststore', ['ReadListenerTrustStores', 'ReadPrivateFrontDoor', 'ReadTruststores', 'DecryptTruststores']],
  ['domain-certificate', ['ReadDomainCertificates']],
  ['tls-policy', []],
  ['private-front-door', ['ReadListenerTrustStores', 'ReadPrivateFrontDoor']],
] as const)('only %s: besides API Gateway, the function reads only what this check needs', (check, expected) => {
  const sids = frontDoorStatements({ checks: [check], truststoreBuckets: BUCKETS }).map(({ sid }) => sid);
  expect(sids.sort()).toEqual(['ReadFrontDoor', 'ReadRoutingRules', ...expected].sort());
});

test('without buckets, the function reads no bucket and decrypts nothing', () => {
  const actions = frontDoorStatements({ checks: FRONT_DOOR_CHECKS }).flatMap((statement) => statement.actions);
  expect(actions.filter((action) => /^(s3|kms):/.test(action))).toEqual([]);
});

interface Statement {
  readonly Sid?: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
}

/** Returns the statements of all roles of a configuration, by stack and role. */
function statementsByRole(value: object): Record<string, Statement[]> {
  const roles = Object.entries(templatesOf(value)).flatMap(([stack, template]) =>
    Object.entries(template.Resources)
      .filter(([, { Type }]) => Type === 'AWS::IAM::Role')
      .map(([id, { Properties }]) => [
        `${stack} ${id}`,
        (Properties.Policies ?? []).flatMap(
          (policy: { PolicyDocument: { Statement: Statement[] } }) => policy.PolicyDocument.Statement,
        ),
      ]),
  );
  return Object.fromEntries(roles);
}

const SIDS = new Set(frontDoorStatements({ ...FRONT_DOOR, frequency: undefined }).map(({ sid }) => sid));

test.each(Object.keys(FRONT_DOOR_CONFIGURATIONS))('%s: the role that reads an account, and no other', (name) => {
  const roles = Object.entries(statementsByRole(FRONT_DOOR_CONFIGURATIONS[name] ?? {}));
  const granted = roles.filter(([, statements]) => statements.some(({ Sid }) => SIDS.has(Sid)));
  const readers = roles.filter(([, statements]) => statements.some(({ Sid }) => Sid === 'ReadStagesPutResults'));
  expect(granted.map(([role]) => role)).toEqual(readers.map(([role]) => role));
  expect(readers.length).toBeGreaterThan(0);
  for (const [role, statements] of granted) {
    expect(new Set(statements.map(({ Sid }) => Sid)).size, role).toBe(statements.length);
    for (const { Action, Resource } of statements) {
      for (const arn of [Resource].flat().map((it) => resolved(it))) {
        if (arn === '*') {
          expect(Object.keys(WITHOUT_RESOURCE_TYPES)).toEqual(expect.arrayContaining([Action].flat()));
        } else if (arn.includes('*')) {
          expect(wildcardReason(arn), `${role}: ${arn}`).toBeDefined();
        }
      }
    }
  }
});

test('a role of a central function stays below the size limit of its policies', () => {
  const [, statements] =
    Object.entries(statementsByRole(FRONT_DOOR_CONFIGURATIONS['organization-rule, front door'] ?? {})).find(([, it]) =>
      it.some(({ Sid }) => Sid === 'ReadFrontDoor'),
    ) ?? [];
  const length = (statements ?? []).map((it) => {
    const resources = [it.Resource].flat().map((resource) => resolved(resource));
    return JSON.stringify({ ...it, Resource: resources }).length;
  });
  // IAM's limit for all inline policies of a role.
  expect(length.reduce((sum, one) => sum + one, 0)).toBeLessThan(10_240);
});

test('without the setting, no role has any of these permissions', () => {
  expect(frontDoorStatements(undefined)).toEqual([]);
  for (const [name, value] of Object.entries(ALL_CONFIGURATIONS).filter(([, it]) => !('frontDoor' in it))) {
    for (const [role, statements] of Object.entries(statementsByRole(value))) {
      const sids = statements.map(({ Sid }) => Sid).filter((sid) => SIDS.has(sid));
      expect(sids, `${name}, ${role}`).toEqual([]);
    }
    const off = { ...value, frontDoor: { ...FRONT_DOOR, enabled: false } };
    expect(templatesOf(off), name).toEqual(templatesOf(value));
  }
});
