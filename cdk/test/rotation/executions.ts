import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import SCHEMA from '../../../tests/schemas/ssm-automation.json';
import { PYTHON } from '../events/matches';
import type { Entry } from '../events/samples';
import { CONFIGURATIONS, type Resource, resolved, resources } from '../fixtures';

/** The content of an Automation document whose steps are scripts. */
export interface Document {
  readonly assumeRole: string;
  readonly parameters: Record<string, { readonly type: string }>;
  readonly mainSteps: {
    readonly name: string;
    readonly maxAttempts: number;
    readonly onFailure: string;
    readonly nextStep?: string;
    readonly isEnd?: boolean;
    readonly inputs: {
      readonly Runtime: string;
      readonly Handler: string;
      readonly Script: string;
      readonly InputPayload: Record<string, unknown>;
    };
    readonly outputs: { readonly Name: string; readonly Selector: string; readonly Type: string }[];
  }[];
  readonly outputs: string[];
}

/** A certificate of the fake account. */
export interface Certificate {
  readonly description?: string;
  readonly createdDate?: number;
  readonly tags?: Readonly<Record<string, string>>;
}

/** The fake account before the first run. */
export interface World {
  /** The stages by `restapis/API/STAGE` or `apis/API/STAGE`. */
  readonly stages: Readonly<
    Record<string, { readonly clientCertificateId?: string; readonly tags?: Record<string, string> }>
  >;
  readonly certificates: Readonly<Record<string, Certificate>>;

  /** What AWS Config lists: the certificates by stage. By default, what is there. */
  readonly index?: Readonly<Record<string, string>> | undefined;
  readonly quota?: number;

  /** The certificates that someone else generates at the same time. */
  readonly rivals?: Readonly<Record<string, Certificate>>;

  /** The listing before which they delete them again, counted from the new certificate. */
  readonly vanish?: number;

  /** The number of listings without the new certificate, because they are out of date. */
  readonly stale?: number;

  /** The calls that fail once: `lost` after, `refused` before they take effect. */
  readonly faults?: Readonly<Record<string, string>>;

  /** The number of the request before or after which the execution is killed. */
  readonly kill?: { readonly before?: number; readonly after?: number };
}

/** What the runs of a scenario did. */
export interface Execution {
  readonly runs: {
    readonly status: string;
    readonly failure?: string;
    readonly outputs?: Record<string, unknown>;
    readonly attempts?: Record<string, number>;
  }[];

  /** Each call as action and ARN. */
  readonly calls: string[];
  readonly events: Entry[];
  readonly certificates: Record<string, Certificate>;
  readonly stages: World['stages'];
}

/** A world, and the stages for which a person starts the document. */
export interface Scenario {
  readonly world: World;
  readonly runs: readonly string[];

  /** The statement that the role lacks. By default, it has all. */
  readonly without?: string;
}

const CONFIGURATION = CONFIGURATIONS['account, full'] ?? {};

/** Returns the ARN of a stage such as `restapis/API/STAGE`, as AWS Config passes it. */
export const stageArn = (stage: string) =>
  `arn:aws:apigateway:eu-west-1::/${stage.replace(/^(\w+\/\w+)\/([\w-]+)$/, '$1/stages/$2')}`;

/** Returns the content of the document of a deployment. */
export function documentOf(configuration: object = CONFIGURATION): Document {
  const [document] = resources(configuration, 'AWS::SSM::Document');
  return document?.Properties.Content;
}

/** Returns the role of the document. */
export function roleOf(configuration: object = CONFIGURATION): Resource | undefined {
  return resources(configuration, 'AWS::IAM::Role').find(
    ({ Properties }) => Properties.AssumeRolePolicyDocument.Statement[0].Principal.Service === 'ssm.amazonaws.com',
  );
}

/** Runs all scenarios in one process, and validates the document with AWS's schema. */
export function execute<Name extends string>(
  scenarios: Readonly<Record<Name, Scenario>>,
): { readonly results: Record<Name, Execution>; readonly violations: string[] } {
  if (PYTHON === undefined) {
    return { results: {} as Record<Name, Execution>, violations: [] };
  }
  const statements = roleOf()?.Properties.Policies[0].PolicyDocument.Statement.map(
    ({ Sid, Action, Resource: on }: { Sid: string; Action: string | string[]; Resource: unknown }) => ({
      Sid,
      Action: [Action].flat(),
      Resource: [on].flat().map((arn) => resolved(arn)),
    }),
  );
  const parameters = (stage: string) => ({
    AutomationAssumeRole: 'arn:aws:iam::111122223333:role/stagecert-eu-west-1-RotationRole',
    StageArn: stageArn(stage),
  });
  const given = {
    document: documentOf(),
    statements,
    schema: schema(),
    scenarios: Object.fromEntries(
      Object.entries<Scenario>(scenarios).map(([name, scenario]) => [
        name,
        { ...scenario, runs: scenario.runs.map(parameters) },
      ]),
    ),
  };
  const { status, stdout, stderr } = spawnSync(PYTHON, [join(__dirname, 'automation.py')], {
    encoding: 'utf8',
    input: JSON.stringify(given),
    maxBuffer: 100_000_000,
  });
  if (status !== 0) {
    throw new Error(stderr);
  }
  return JSON.parse(stdout);
}

/** Returns AWS's schema, which is older than the runtime that Systems Manager requires today. */
function schema(): object {
  const text = JSON.stringify(SCHEMA);
  const current = text.replace('"python3.7"', '"python3.7","python3.11"');
  if (current === text) {
    throw new Error('the schema has no list of runtimes');
  }
  return JSON.parse(current);
}
