import { Aws, CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { type IRole, PolicyDocument, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Code } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { AlertSinks } from '../alerts/account-alerts';
import { CentralAlerts, MemberAlerts, type MemberAlertsProps } from '../alerts/central-alerts';
import { LogQueries } from '../dashboard/log-queries';
import { EvaluatorFunction, type EvaluatorSettings, LOG_GROUP_NAME } from '../evaluator/evaluator-function';
import { keepFailedEvents, queueArn } from '../evaluator/failed-events';
import { MEMBER_ROLE_NAME, MemberRole, type MemberRoleProps } from '../evaluator/member-role';
import { OrganizationInvoke } from '../evaluator/organization-invoke';
import { assumeMemberRole, explainStatements, tell, writeLogs } from '../evaluator/permissions';
import { OrganizationConformancePack } from '../organization/organization-conformance-pack';
import { OrganizationRules } from '../organization/organization-rules';
import type { RuleSettings } from '../rule/config-rules';
import { managedRulesIn } from '../rule/managed-rules';

/** The name of the one role that every central function has. */
export const EVALUATOR_ROLE_NAME = 'stagecert-evaluator';

/** Properties of an {@link EvaluatorRoleStack}. */
export interface EvaluatorRoleStackProps extends StackProps {
  readonly organizationId: string;

  /** The Regions of the functions that have the role. */
  readonly regions: readonly string[];

  /** Whether the functions tell anything themselves. */
  readonly tells: boolean;
}

/** The role of the central functions: once, in the home Region, because IAM knows no Regions. */
export class EvaluatorRoleStack extends Stack {
  constructor(scope: Construct, id: string, props: EvaluatorRoleStackProps) {
    super(scope, id, { description: 'stagecert: the role of the central functions', ...props });
    const logs = props.regions.map(
      (region) => `arn:${Aws.PARTITION}:logs:${region}:${Aws.ACCOUNT_ID}:log-group:${LOG_GROUP_NAME}:*`,
    );
    const statements = [
      assumeMemberRole(MEMBER_ROLE_NAME, props.organizationId),
      writeLogs(logs),
      keepFailedEvents(props.regions.map(queueArn)),
      ...(props.tells ? [tell(props.regions)] : []),
    ];
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
  readonly deploymentMode: 'organization-rule' | 'conformance-pack';

  /** This stack's Region. */
  readonly region: string;

  readonly excludedAccounts: readonly string[];
  readonly invokingAccounts?: readonly string[] | undefined;
  readonly organizationId: string;

  /**
   * Where alerts go.
   *
   * @default - nowhere
   */
  readonly alerts?: AlertSinks | undefined;
}

/** One Region of a central deployment: the function, and the rule or pack that brings it every account's events. */
export class CentralStack extends Stack {
  constructor(scope: Construct, id: string, props: CentralStackProps) {
    super(scope, id, { description: 'stagecert: the central function of a Region', ...props });
    const { lambda: evaluator, failedEvents } = new EvaluatorFunction(this, 'Evaluator', {
      ...props.evaluator,
      code: props.code(this),
      statements: [],
      role: this.evaluatorRole(),
    });
    const permission = new OrganizationInvoke(this, 'Invoke', { evaluator, accounts: props.invokingAccounts });
    const shared = { ...props.rule, evaluator, permission, excludedAccounts: props.excludedAccounts };
    if (props.deploymentMode === 'organization-rule') {
      new OrganizationRules(this, 'Rules', shared);
    } else {
      new OrganizationConformancePack(this, 'Pack', { ...shared, managedRules: managedRulesIn(props.region) });
    }
    if (props.alerts !== undefined) {
      const rules = props.deploymentMode === 'conformance-pack' ? 'per-check' : props.rule.rules;
      const { organizationId } = props;
      new CentralAlerts(this, 'Alerts', {
        ...props.alerts,
        rule: { ...props.rule, rules },
        evaluator,
        failedEvents,
        organizationId,
      });
    }
    new LogQueries(this, 'LogQueries');
    new CfnOutput(this, 'FunctionArn', { value: evaluator.functionArn, description: 'The central function' });
  }

  private evaluatorRole(): IRole {
    // The other stack holds all that it may do.
    return Role.fromRoleName(this, 'EvaluatorRole', EVALUATOR_ROLE_NAME, { mutable: false });
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

/** Properties of a {@link MemberAlertsStack}. */
export interface MemberAlertsStackProps extends StackProps, MemberAlertsProps {}

/** The alerts of one account and Region that has no function of its own. */
export class MemberAlertsStack extends Stack {
  constructor(scope: Construct, id: string, props: MemberAlertsStackProps) {
    super(scope, id, { description: 'stagecert: sends the alerts of this account to where people are told', ...props });
    new MemberAlerts(this, 'Alerts', props);
  }
}
