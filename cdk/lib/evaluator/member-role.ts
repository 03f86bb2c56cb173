import { ArnPrincipal, PolicyDocument, Role } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { RuleParameters } from '../rule/rule-parameters';
import { evaluationStatements, explainStatements } from './permissions';

/** The role of each account that a central function becomes. */
export const MEMBER_ROLE_NAME = 'stagecert-member';

/** Properties of a {@link MemberRole}. */
export interface MemberRoleProps {
  /** The one role that may assume it: the central function's. */
  readonly evaluatorRoleArn: string;

  /** The organization that this role must be in, such as `o-a1b2c3d4e5`. */
  readonly organizationId: string;

  /** The rule parameters, which decide what is read. */
  readonly parameters: RuleParameters;

  /** The Regions that are evaluated. */
  readonly regions: readonly string[];

  /** Whether reminders or owners' alerts are told, which say who owns a stage. */
  readonly tellsOwners: boolean;
}

/** What the central function may do in an account of the organization. */
export class MemberRole extends Construct {
  /** The role. */
  readonly role: Role;

  constructor(scope: Construct, id: string, props: MemberRoleProps) {
    super(scope, id);
    const statements = evaluationStatements(props.parameters, props.regions, props.tellsOwners);
    this.role = new Role(this, 'Role', {
      roleName: MEMBER_ROLE_NAME,
      description: 'stagecert: what the central function may read here, and PutEvaluations',
      assumedBy: new ArnPrincipal(props.evaluatorRoleArn).withConditions({
        StringEquals: { 'aws:PrincipalOrgID': props.organizationId },
      }),
      inlinePolicies: {
        Evaluation: new PolicyDocument({ statements }),
      },
    });
    explainStatements(this.role, statements);
  }
}
