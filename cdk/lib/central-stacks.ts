import { Aws, CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { type IRole, PolicyDocument, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Code } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { RuleSettings } from './config-rules';
import { EvaluatorFunction, type EvaluatorSettings, LOG_GROUP_NAME } from './evaluator-function';
import { FunctionAlarms } from './function-alarms';
import { managedRulesIn } from './managed-rules';
import { MEMBER_ROLE_NAME, MemberRole, type MemberRoleProps } from './member-role';
import { OrganizationConformancePack } from './organization-conformance-pack';
import { OrganizationInvoke } from './organization-invoke';
import { OrganizationRules } from './organization-rules';
import { assumeMemberRole, explainStatements, writeLogs } from './permissions';

/** The name of the one role that every central function has. */
export const EVALUATOR_ROLE_NAME = 'stagecert-evaluator';

/** Properties of an {@link EvaluatorRoleStack}. */
export interface EvaluatorRoleStackProps extends StackProps {
  readonly organizationId: string;

  /** The Regions of the functions that have the role. */
  readonly regions: readonly string[];
}

/** The role of the central functions: once, in the home Region, because IAM knows no Regions. */
export class EvaluatorRoleStack extends Stack {
  constructor(scope: Construct, id: string, props: EvaluatorRoleStackProps) {
    super(scope, id, { description: 'stagecert: the role of the central functions', ...props });
    const logs = props.regions.map(
      (region) => `arn:${Aws.PARTITION}:logs:${region}:${Aws.ACCOUNT_ID}:log-group:${LOG_GROUP_NAME}:*`,
    );
    const statements = [assumeMemberRole(MEMBER_ROLE_NAME, props.organizationId), writeLogs(logs)];
    const role = new Role(this, 'Role', {
      roleName: EVALUATOR_ROLE_NAME,
      description: 'stagecert: becomes the member role of the account that an event is of, and writes logs',
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: { Evaluation: new PolicyDocument({ statements }) },
    });
    explainStatements(role, statements);
    new CfnOutput(this, 'RoleArn', { value: role.roleArn, description: 'What the member roles trust' });
  }
}

/** Properties of a {@link CentralStack}. */
export interface CentralStackProps extends StackProps {
  /** The function's code; it is given the stack, because an asset belongs to one. */
  readonly code: (scope: Construct) => Code;
  readonly evaluator: EvaluatorSettings;
  readonly rule: RuleSettings;

  /** An organization rule, or an organization conformance pack. */
  readonly way: 'organization-rule' | 'conformance-pack';

  /** This stack's Region. */
  readonly region: string;

  readonly excludedAccounts: readonly string[];
  readonly invokingAccounts?: readonly string[] | undefined;
  readonly alertsEmail?: string | undefined;
}

/** One Region of a central deployment: the function, and the rule or pack that brings it every account's events. */
export class CentralStack extends Stack {
  constructor(scope: Construct, id: string, props: CentralStackProps) {
    super(scope, id, { description: 'stagecert: the central function of a Region', ...props });
    const evaluator = new EvaluatorFunction(this, 'Evaluator', {
      ...props.evaluator,
      code: props.code(this),
      statements: [],
      role: this.evaluatorRole(),
    }).lambda;
    const permission = new OrganizationInvoke(this, 'Invoke', { evaluator, accounts: props.invokingAccounts });
    const shared = { ...props.rule, evaluator, permission, excludedAccounts: props.excludedAccounts };
    if (props.way === 'organization-rule') {
      new OrganizationRules(this, 'Rules', shared);
    } else {
      new OrganizationConformancePack(this, 'Pack', { ...shared, managedRules: managedRulesIn(props.region) });
    }
    if (props.alertsEmail !== undefined) {
      new FunctionAlarms(this, 'Alarms', { evaluator, email: props.alertsEmail });
    }
    new CfnOutput(this, 'FunctionArn', { value: evaluator.functionArn, description: 'The central function' });
  }

  private evaluatorRole(): IRole {
    return Role.fromRoleName(this, 'EvaluatorRole', EVALUATOR_ROLE_NAME);
  }
}

/** Properties of a {@link MemberStack}. */
export interface MemberStackProps extends StackProps, MemberRoleProps {}

/** The member role of one account. */
export class MemberStack extends Stack {
  constructor(scope: Construct, id: string, props: MemberStackProps) {
    super(scope, id, { description: 'stagecert: what the central function may do in this account', ...props });
    const { role } = new MemberRole(this, 'Member', props);
    new CfnOutput(this, 'MemberRoleArn', { value: role.roleArn, description: 'What the central function assumes' });
  }
}
