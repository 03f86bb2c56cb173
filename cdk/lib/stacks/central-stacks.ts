import { Aws, CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { type IRole, PolicyDocument, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Code } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { type AlertRouting, eventParameters } from '../alerts/account-alerts';
import { CentralAlerts, MemberAlerts, type MemberAlertsProps } from '../alerts/central-alerts';
import { LogQueries } from '../dashboard/log-queries';
import { EvaluatorFunction, type EvaluatorSettings } from '../evaluator/evaluator-function';
import { keepFailedEvents } from '../evaluator/failed-events';
import { MemberRole, type MemberRoleProps } from '../evaluator/member-role';
import { OrganizationInvokePermission } from '../evaluator/organization-invoke';
import {
  acknowledgeStatements,
  assumeMemberRole,
  readExemptions,
  sendEvents,
  writeLogs,
} from '../evaluator/permissions';
import { withPath } from '../evaluator/roles';
import { DeploymentNames } from '../names';
import { OrganizationConformancePack } from '../organization/organization-conformance-pack';
import { OrganizationRules } from '../organization/organization-rules';
import type { RuleSettings } from '../rule/config-rules';
import { managedRulesIn } from '../rule/managed-rules';

/** Properties of an {@link EvaluatorRoleStack}. */
export interface EvaluatorRoleStackProps extends StackProps {
  /** The deployment's name. */
  readonly name: string;
  readonly organizationId: string;

  /** The path of the roles, such as `/`. */
  readonly rolePath: string;

  /** The Regions of the functions that use the role. */
  readonly regions: readonly string[];

  /** Whether the functions send events, or Lambda sends events for them. */
  readonly sendsEvents: boolean;

  /** The settings of the rules, with the exemption document that the functions read. */
  readonly rule: Pick<RuleSettings, 'parameters' | 'exemptionsKmsKey'>;
}

/** The stack with the role of the central functions, in the home Region: IAM roles are global. */
export class EvaluatorRoleStack extends Stack {
  constructor(scope: Construct, id: string, props: EvaluatorRoleStackProps) {
    super(scope, id, { description: 'stagecert: role of the central functions', ...props });
    const names = new DeploymentNames(props.name);
    const statements = [
      assumeMemberRole(withPath(props.rolePath, names.memberRole), props.organizationId),
      writeLogs(props.regions.map((region) => names.logGroupArn(region))),
      keepFailedEvents(props.regions.map((region) => names.failedEventsArn(region))),
      ...(props.sendsEvents ? [sendEvents(props.regions)] : []),
      ...readExemptions(props.rule.parameters, props.rule.exemptionsKmsKey),
    ];
    const role = new Role(this, 'Role', {
      roleName: names.evaluatorRole,
      description: "stagecert: assumes the member role in an event's account, and writes logs",
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: { Evaluation: new PolicyDocument({ statements }) },
    });
    acknowledgeStatements(role, statements);
    new CfnOutput(this, 'RoleArn', {
      value: role.roleArn,
      description: 'The ARN of the role that the member roles trust',
    });
  }
}

/** Properties of a {@link CentralStack}. */
export interface CentralStackProps extends StackProps {
  /** The deployment's name. */
  readonly name: string;

  /** Returns the function's code for a stack: an asset belongs to one stack. */
  readonly code: (scope: Construct) => Code;
  readonly evaluator: EvaluatorSettings;
  readonly rule: RuleSettings;

  /** Whether to deploy an organization rule or an organization conformance pack. */
  readonly deploymentMode: 'organization-rule' | 'conformance-pack';

  /** The Region of the stack. */
  readonly region: string;

  readonly excludedAccounts: readonly string[];

  /** The path of the roles, such as `/`. */
  readonly rolePath: string;
  readonly organizationId: string;

  /**
   * Which alerts are sent, and to which buses.
   *
   * @default - no alerts
   */
  readonly alerts?: AlertRouting | undefined;
}

/**
 * The central function of one Region, with the organization rule or conformance pack that uses it.
 */
export class CentralStack extends Stack {
  constructor(scope: Construct, id: string, props: CentralStackProps) {
    super(scope, id, { description: 'stagecert: central function of a Region', ...props });
    const { lambda: evaluator, failedEvents } = new EvaluatorFunction(this, 'Evaluator', {
      ...props.evaluator,
      code: props.code(this),
      statements: [],
      reportsFailures: (props.alerts?.failureBuses ?? []).length > 0,
      role: this.evaluatorRole(props),
    });
    const permission = new OrganizationInvokePermission(this, 'Invoke', { evaluator });
    const executionRoleName = withPath(props.rolePath, new DeploymentNames(props.name).memberRole);
    const events = eventParameters(props.alerts);
    const shared = {
      ...props.rule,
      evaluator,
      permission,
      excludedAccounts: props.excludedAccounts,
    };
    if (props.deploymentMode === 'organization-rule') {
      new OrganizationRules(this, 'Rules', { ...shared, deployment: { ...events, executionRoleName } });
    } else {
      const managedRules = managedRulesIn(props.region);
      new OrganizationConformancePack(this, 'Pack', { ...shared, managedRules, deployment: events, executionRoleName });
    }
    if (props.alerts !== undefined) {
      const rules = props.deploymentMode === 'conformance-pack' ? 'per-check' : props.rule.rules;
      const { organizationId } = props;
      new CentralAlerts(this, 'Alerts', {
        ...props.alerts,
        rule: { ...props.rule, rules },
        evaluator,
        executionRoleName,
        failedEvents,
        organizationId,
      });
    }
    new LogQueries(this, 'LogQueries', { name: props.name });
    new CfnOutput(this, 'FunctionArn', {
      value: evaluator.functionArn,
      description: 'The ARN of the central function',
    });
  }

  private evaluatorRole({ name, rolePath }: CentralStackProps): IRole {
    const role = withPath(rolePath, new DeploymentNames(name).evaluatorRole);
    // EvaluatorRoleStack defines all permissions of the role.
    return Role.fromRoleArn(this, 'EvaluatorRole', `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/${role}`, {
      mutable: false,
    });
  }
}

/** Properties of a {@link MemberStack}. */
export interface MemberStackProps extends StackProps, MemberRoleProps {}

/** The stack with the member role of one account. */
export class MemberStack extends Stack {
  constructor(scope: Construct, id: string, props: MemberStackProps) {
    super(scope, id, { description: 'stagecert: role that the central function assumes in this account', ...props });
    const { role } = new MemberRole(this, 'Member', props);
    new CfnOutput(this, 'MemberRoleArn', {
      value: role.roleArn,
      description: 'The ARN of the role that the central function assumes',
    });
  }
}

/** Properties of a {@link MemberAlertsStack}. */
export interface MemberAlertsStackProps extends StackProps, MemberAlertsProps {}

/** The stack with the alerts of an account and Region that doesn't have its own function. */
export class MemberAlertsStack extends Stack {
  constructor(scope: Construct, id: string, props: MemberAlertsStackProps) {
    super(scope, id, { description: 'stagecert: forwards the alerts of this account', ...props });
    new MemberAlerts(this, 'Alerts', props);
  }
}
