import { describe, expect, test } from 'vitest';
import { PYTHON } from '../events/matches';
import { put } from '../events/samples';
import { type Execution, execute, roleOf, type Scenario, stageArn, type World } from './executions';

const STAGE = 'restapis/a1/prod';
const TAGS = { owner: 'payments', 'cost-center': '42' };
const STATE = { 'stagecert:replaces': 'old1', 'stagecert:stages': 'a1/prod' };
const ACM = 'arn:aws:acm:eu-west-1:111122223333:certificate/1234abcd-12ab-34cd-56ef-1234567890ab';

/** An account with one stage and its certificate, and other certificates on several pages. */
const ACCOUNT: World = {
  stages: { [STAGE]: { clientCertificateId: 'old1', tags: { owner: 'team-stage' } } },
  certificates: { other1: {}, other2: {}, old1: { description: 'payments prod', tags: TAGS }, other3: {} },
};

const withCertificates = (more: World['certificates']): World => ({
  ...ACCOUNT,
  certificates: { ...ACCOUNT.certificates, ...more },
});
const once = (world: World): Scenario => ({ world, runs: [STAGE] });

/** Twenty stages of one certificate, whose names together are longer than a tag's value can be. */
const TWENTY = Array.from({ length: 20 }, (_, index) => `restapis/a${String(index).padStart(2, '0')}/production-eu`);

const SHARED: World = {
  certificates: ACCOUNT.certificates,
  stages: {
    [STAGE]: { clientCertificateId: 'old1' },
    'restapis/a1/dev': { clientCertificateId: 'old1' },
    'apis/w1/live': { clientCertificateId: 'old1' },
    'restapis/b2/prod': { clientCertificateId: 'other1' },
  },
  // AWS Config's index is out of date: one stage is gone, one has another certificate by now, and
  // the stage that a person chose is missing.
  index: {
    'restapis/gone/prod': 'old1',
    'restapis/b2/prod': 'old1',
    'restapis/a1/dev': 'old1',
    'apis/w1/live': 'old1',
  },
};

const SCENARIOS = {
  'one stage': once(ACCOUNT),
  'a shared certificate': { world: SHARED, runs: [STAGE] },
  'a WebSocket stage': { world: SHARED, runs: ['apis/w1/live'] },
  'started twice': { world: ACCOUNT, runs: [STAGE, STAGE] },
  'started for each of two stages': { world: { ...SHARED, index: undefined }, runs: [STAGE, 'restapis/a1/dev'] },
  'started again with an out-of-date index': { world: SHARED, runs: [STAGE, 'restapis/a1/dev'] },
  'twenty stages': {
    world: {
      certificates: ACCOUNT.certificates,
      stages: Object.fromEntries(TWENTY.map((path) => [path, { clientCertificateId: 'old1' }])),
    },
    runs: [TWENTY[7] ?? '', TWENTY[8] ?? ''],
  },
  'an owner only on the certificate': once({
    ...ACCOUNT,
    stages: { [STAGE]: { clientCertificateId: 'old1', tags: { owner: ' ', Owner: '' } } },
  }),
  'no owner': once({ ...ACCOUNT, certificates: { old1: {} }, stages: { [STAGE]: { clientCertificateId: 'old1' } } }),
  'tags of AWS and of an earlier rotation': once({
    ...ACCOUNT,
    certificates: {
      old1: {
        tags: {
          ...TAGS,
          'aws:cloudformation:stack-name': 'payments',
          'stagecert:rotated': '2025-11-01/2025-11-02',
          'stagecert:exempt': 'owner-tag',
        },
      },
    },
  }),
  'no certificate': once({ ...ACCOUNT, stages: { [STAGE]: {} } }),
  'an ACM certificate': once({ ...ACCOUNT, stages: { [STAGE]: { clientCertificateId: ACM } } }),
  'a certificate that does not exist': once({ ...ACCOUNT, stages: { [STAGE]: { clientCertificateId: 'gone1' } } }),
  'a stage that does not exist': once({ ...ACCOUNT, stages: {} }),
  'a rotation that was tested': once(withCertificates({ new9: { tags: { ...STATE, 'stagecert:tested': 'now' } } })),
  'a rotation that is finishing': once(
    withCertificates({ new9: { tags: { ...STATE, 'stagecert:rotated': '2026-11-01/2026-11-02' } } }),
  ),
  'a rotation of other stages too': once(
    withCertificates({ new9: { tags: { ...STATE, 'stagecert:stages': 'a1/prod', 'stagecert:stages-2': 'a1/dev' } } }),
  ),
  'a rotation from another certificate': once(
    withCertificates({ new9: { tags: { ...STATE, 'stagecert:replaces': 'other1' } } }),
  ),
  'two rotations': once(withCertificates({ new8: { tags: STATE }, new9: { tags: STATE } })),
  'a switched rotation': once({
    ...ACCOUNT,
    certificates: { old1: { tags: { 'stagecert:replaces': 'other1', 'stagecert:stages': 'a1/prod' } } },
  }),
  'a rotation of another stage': once(
    withCertificates({ new9: { tags: { 'stagecert:replaces': 'other1', 'stagecert:stages': 'b2/prod' } } }),
  ),
  'a malformed state': once(withCertificates({ other9: { tags: { 'stagecert:stages': 'a1/prod' } } })),
  'too many tags': once({
    ...ACCOUNT,
    certificates: {
      old1: { tags: Object.fromEntries(Array.from({ length: 46 }, (_, index) => [`tag-${index}`, 'x'])) },
    },
  }),
  'just enough tags': once({
    ...ACCOUNT,
    certificates: {
      old1: { tags: Object.fromEntries(Array.from({ length: 45 }, (_, index) => [`tag-${index}`, 'x'])) },
    },
  }),
  'the quota is reached': once({
    ...ACCOUNT,
    stages: { ...ACCOUNT.stages, 'restapis/b2/prod': { clientCertificateId: 'other2' } },
    quota: 4,
  }),
  'an older rival': once({ ...ACCOUNT, rivals: { zz: { createdDate: 1000, tags: STATE } } }),
  'a younger rival that gives way': once({
    ...ACCOUNT,
    rivals: { aa: { createdDate: 1002, tags: STATE } },
    vanish: 3,
  }),
  'a younger rival that does not give way': once({ ...ACCOUNT, rivals: { zz: { createdDate: 1002, tags: STATE } } }),
  'an out-of-date list': once({ ...ACCOUNT, stale: 2 }),
  'a list that stays out of date': once({ ...ACCOUNT, stale: 1000 }),
  'a rival of the same second': once({ ...ACCOUNT, rivals: { aa: { createdDate: 1001, tags: STATE } } }),
  'the response is lost': {
    world: { ...ACCOUNT, faults: { 'POST /clientcertificates': 'lost' } },
    runs: [STAGE, STAGE],
  },
  'the call is throttled': {
    world: { ...ACCOUNT, faults: { 'POST /clientcertificates': 'refused' } },
    runs: [STAGE, STAGE],
  },
  'EventBridge refuses the event once': once({ ...ACCOUNT, faults: { entry: 'refused' } }),
  'a read is throttled once': once({ ...ACCOUNT, faults: { 'GET /restapis/a1/stages/prod': 'refused' } }),
  'not the ARN of a stage': { world: ACCOUNT, runs: ['restapis/a1', 'restapis/a1/prod/more', 'domainnames/a1/prod'] },
} satisfies Record<string, Scenario>;

/** Each request of an execution. Three pages of certificates are read after the new one. */
const REQUESTS = Array.from({ length: 10 }, (_, index) => index + 1);
const KILLS = Object.fromEntries(
  (['before', 'after'] as const).flatMap((when) =>
    REQUESTS.map((request) => [
      `killed ${when} request ${request}`,
      { world: { ...ACCOUNT, kill: { [when]: request } }, runs: [STAGE, STAGE] },
    ]),
  ),
);

/** The statements of the role, each of which is missing in one scenario. */
const SIDS = [
  'ListStages',
  'ReadStagesAndCertificates',
  'GenerateCertificates',
  'TagCertificates',
  'SendEvents',
] as const;
const WITHOUT = Object.fromEntries(SIDS.map((without) => [`without ${without}`, { ...once(ACCOUNT), without }]));

describe.runIf(PYTHON)('the document', () => {
  const { results, violations } = execute<string>({ ...SCENARIOS, ...WITHOUT, ...KILLS }) as {
    readonly results: Record<keyof typeof SCENARIOS, Execution>;
    readonly violations: string[];
  };
  const generated = ({ certificates }: Execution) => Object.keys(certificates).filter((id) => /^new[1-7]$/.test(id));
  const detail = ({ events }: Execution, index = 0) => JSON.parse(events[index]?.Detail ?? '{}');

  test("conforms to AWS's schema of Automation documents", () => {
    expect(violations).toEqual([]);
  });

  test('generates one certificate with the tags of the old one and the state, and sends it', () => {
    const { runs, certificates, stages } = results['one stage'];
    expect(runs).toEqual([
      {
        status: 'Success',
        attempts: { GenerateCertificate: 1, SendCertificate: 1 },
        outputs: {
          'GenerateCertificate.newCertificate': 'new1',
          'GenerateCertificate.stages': ['a1/prod'],
          'GenerateCertificate.nextCommand': 'stagecert rotate test new1 --region eu-west-1 --path PATH',
        },
      },
    ]);
    expect(certificates.new1).toMatchObject({ description: 'payments prod', tags: { ...TAGS, ...STATE } });
    expect(Object.keys(certificates)).toHaveLength(5);
    // No stage has changed.
    expect(stages).toEqual(ACCOUNT.stages);
    expect(results['one stage'].events).toHaveLength(1);
    const { pem, pemLines, ...rest } = detail(results['one stage']);
    expect(rest).toEqual({
      eventVersion: 1,
      deployment: 'stagecert',
      accountId: '111122223333',
      awsRegion: 'eu-west-1',
      step: 'start',
      stages: ['a1/prod'],
      oldCertificate: 'old1',
      newCertificate: 'new1',
      owner: 'team-stage',
      stageList: 'a1/prod',
      nextCommand: 'stagecert rotate test new1 --region eu-west-1 --path PATH',
      executionId: '4105a4fc-f944-11e6-9d32-0a1b2c3d4e5f',
    });
    expect(pem).toContain('new1+0');
    expect(pemLines).toEqual(pem.split('\r\n'));
    expect(put(results['one stage'].events[0] as never)).toMatchObject({
      source: 'stagecert',
      'detail-type': 'Certificate Rotation Step',
    });
  });

  test('rotates all stages of a certificate together, as API Gateway has them and not only AWS Config', () => {
    for (const name of ['a shared certificate', 'a WebSocket stage'] as const) {
      const { certificates, events } = results[name];
      expect(certificates.new1?.tags, name).toMatchObject({
        'stagecert:replaces': 'old1',
        'stagecert:stages': name === 'a WebSocket stage' ? 'a1/dev w1/live' : 'a1/dev a1/prod w1/live',
      });
      expect(events, name).toHaveLength(1);
      // A WebSocket stage can't be tested with TestInvokeMethod.
      expect(detail(results[name]).nextCommand, name).toMatch(
        /^stagecert rotate switch new1 --region eu-west-1 --untested$/,
      );
    }
  });

  test('a second start generates nothing, and sends the certificate of the first one again', () => {
    for (const name of ['started twice', 'started for each of two stages'] as const) {
      const { runs, events } = results[name];
      expect(runs[0]?.status, name).toBe('Success');
      expect(runs[1], name).toEqual(runs[0]);
      expect(generated(results[name]), name).toEqual(['new1']);
      expect(events, name).toHaveLength(2);
      expect(events[1], name).toEqual(events[0]);
    }
  });

  test('a stage that AWS Config does not list yet does not cause a second rotation', () => {
    const { runs } = results['started again with an out-of-date index'];
    expect(generated(results['started again with an out-of-date index'])).toEqual(['new1']);
    expect(runs[1]?.failure).toContain(
      'a rotation is in progress: from old1 to new1 (a1/dev a1/prod w1/live). See stagecert rotate status',
    );
  });

  test('splits the stages among tags of at most 256 characters', () => {
    const tags = results['twenty stages'].certificates.new1?.tags ?? {};
    const values = ['stagecert:stages', 'stagecert:stages-2'].map((key) => tags[key] ?? '');
    expect(tags['stagecert:stages-3']).toBeUndefined();
    expect(values.every((value) => value.length > 0 && value.length <= 256)).toBe(true);
    expect(values.join(' ').split(' ')).toEqual(TWENTY.map((path) => path.replace('restapis/', '')));
    // The second run reads them back.
    expect(results['twenty stages'].runs.map(({ status }) => status)).toEqual(['Success', 'Success']);
    expect(generated(results['twenty stages'])).toEqual(['new1']);
  });

  test('names the owner of the stage, or else of the certificate', () => {
    expect(detail(results['an owner only on the certificate']).owner).toBe('payments');
    expect(detail(results['no owner']).owner).toBe('');
    expect(results['no owner'].certificates.new1?.description).toBe('replaces old1');
  });

  test('copies neither tags of AWS nor those that stagecert sets, which `stagecert rotate` would refuse', () => {
    expect(results['tags of AWS and of an earlier rotation'].certificates.new1?.tags).toEqual({
      ...TAGS,
      ...STATE,
    });
    expect(results['just enough tags'].runs[0]?.status).toBe('Success');
  });

  test.each([
    ['no certificate', 'stage a1/prod has no client certificate, so there is nothing to rotate'],
    ['an ACM certificate', `stage a1/prod has the ACM certificate ${ACM}: ACM renews it`],
    ['a certificate that does not exist', 'client certificate gone1 does not exist'],
    ['a stage that does not exist', `${stageArn(STAGE)} does not exist`],
    ['a rotation that was tested', 'a rotation is in progress: from old1 to new9 (a1/prod)'],
    ['a rotation of other stages too', 'a rotation is in progress: from old1 to new9 (a1/dev a1/prod)'],
    ['a rotation from another certificate', 'a rotation is in progress: from other1 to new9 (a1/prod)'],
    ['two rotations', 'from old1 to new8 (a1/prod); from old1 to new9 (a1/prod)'],
    ['a switched rotation', 'a rotation is in progress: from other1 to old1 (a1/prod)'],
    ['a rotation that is finishing', 'a rotation is in progress: from old1 to new9 (a1/prod)'],
    ['a malformed state', 'client certificate other9: the tags stagecert:stages are not the state of a rotation'],
    ['too many tags', 'its successor would need 51 tags, and 50 are allowed'],
    [
      'the quota is reached',
      'the account has 4 client certificates in eu-west-1, and its quota allows no more. Certificates of no stage that AWS ' +
        'Config lists: other1, other3.',
    ],
  ] as const)('refuses %s, generates nothing and sends nothing', (name, message) => {
    const { runs, events, calls } = results[name];
    expect(runs[0]?.status).toBe('Failed');
    expect(runs[0]?.failure).toContain(`GenerateCertificate: Refused: `);
    expect(runs[0]?.failure).toContain(message);
    expect(generated(results[name])).toEqual([]);
    expect(events).toEqual([]);
    const writes = calls.filter((call) => !/^(apigateway:GET|config:SelectResourceConfig) /.test(call));
    expect(writes.length).toBe(name === 'the quota is reached' ? 2 : 0);
  });

  test('the rotation of another stage is not in the way', () => {
    expect(results['a rotation of another stage'].runs[0]?.status).toBe('Success');
  });

  test('of two rotations that start at the same time, the older one counts, and never both', () => {
    for (const [name, certificates] of [
      ['an older rival', 'zz, new1: delete all but zz, and start again'],
      ['a rival of the same second', 'aa, new1: delete all but aa, and start again'],
      ['a younger rival that does not give way', 'new1, zz: delete all but new1, and start again'],
    ] as const) {
      const { runs, events } = results[name];
      expect(runs[0]?.failure, name).toContain(
        `rotations started at the same time, with the client certificates ${certificates}`,
      );
      expect(events, name).toEqual([]);
    }
    expect(results['a younger rival that gives way'].runs[0]?.status).toBe('Success');
    expect(detail(results['a younger rival that gives way']).newCertificate).toBe('new1');
  });

  test('a list without the new certificate proves nothing', () => {
    expect(results['an out-of-date list'].runs[0]?.status).toBe('Success');
    expect(results['a list that stays out of date'].runs[0]?.failure).toContain(
      'API Gateway does not list the client certificate new1, which this run generated; start again',
    );
    expect(results['a list that stays out of date'].events).toEqual([]);
  });

  test('a lost response leaves one certificate, which the next start finds', () => {
    const { runs, calls, events } = results['the response is lost'];
    expect(runs.map(({ status }) => status)).toEqual(['Failed', 'Success']);
    expect(generated(results['the response is lost'])).toEqual(['new1']);
    expect(calls.filter((call) => call.startsWith('apigateway:POST'))).toHaveLength(1);
    expect(events).toHaveLength(1);
  });

  test.each(Object.keys(KILLS))('%s and started again, it leaves one certificate and sends it', (name) => {
    const execution = (results as Record<string, Execution>)[name] as Execution;
    expect(execution.runs.map(({ status }) => status)).toEqual(['Killed', 'Success']);
    expect(generated(execution)).toEqual(['new1']);
    expect(detail(execution, execution.events.length - 1).newCertificate).toBe('new1');
    expect(execution.stages).toEqual(ACCOUNT.stages);
  });

  test('the kills cover every request of an execution', () => {
    const { calls } = results['one stage'];
    // The permission to tag is part of the request that generates the certificate.
    expect(calls.filter((call) => !call.includes('/tags/'))).toHaveLength(REQUESTS.length);
  });

  test('a throttled call is not repeated by the document, but by the next start', () => {
    const { runs, calls } = results['the call is throttled'];
    expect(runs.map(({ status }) => status)).toEqual(['Failed', 'Success']);
    expect(calls.filter((call) => call.startsWith('apigateway:POST'))).toHaveLength(2);
    expect(generated(results['the call is throttled'])).toEqual(['new1']);
  });

  test('reads and the event are repeated', () => {
    expect(results['EventBridge refuses the event once'].runs[0]).toMatchObject({
      status: 'Success',
      attempts: { GenerateCertificate: 1, SendCertificate: 2 },
    });
    expect(generated(results['EventBridge refuses the event once'])).toEqual(['new1']);
    expect(results['a read is throttled once'].runs[0]?.status).toBe('Success');
  });

  test('accepts only the ARN of a stage', () => {
    const { runs, calls } = results['not the ARN of a stage'];
    expect(runs.map(({ status }) => status)).toEqual(['Refused', 'Refused', 'Refused']);
    expect(calls).toEqual([]);
  });

  test("makes only calls that the role's statements allow, and uses every statement", () => {
    const executions = Object.keys(SCENARIOS).map((name) => results[name as keyof typeof SCENARIOS]);
    const failures = executions.flatMap(({ runs }) => runs.map(({ failure }) => failure ?? ''));
    expect(failures.filter((failure) => failure.includes('not authorized'))).toEqual([]);
    const actions = new Set(executions.flatMap(({ calls }) => calls.map((call) => call.split(' ')[0])));
    const granted = roleOf()?.Properties.Policies[0].PolicyDocument.Statement.flatMap(
      ({ Action }: { Action: string | string[] }) => Action,
    );
    expect([...actions].sort()).toEqual([...new Set(granted)].sort());
  });

  test('makes few calls', () => {
    // Two pages of certificates in the fake, before and after the certificate is generated.
    const { calls } = results['one stage'];
    expect(calls.map((call) => call.replace(/ arn:aws:apigateway:eu-west-1::/, ' '))).toMatchSnapshot();
  });

  test.each(SIDS)('needs the statement %s', (sid) => {
    const { runs, events } = (results as Record<string, Execution>)[`without ${sid}`] as Execution;
    expect(runs[0]?.failure).toMatch(/: PermissionError: not authorized to perform /);
    expect(events).toEqual([]);
  });
});
