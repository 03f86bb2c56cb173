import { ArnPrincipal, PolicyDocument, Role } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { RuleParameters } from '../rule/rule-parameters';
import { acknowledgeStatements, evaluationStatements } from './permissions';

/** The name of the role that a central function assumes in each account. */
export const MEMBER_ROLE_NAME = 'stagecert-member';

/** Properties of a {@link MemberRole}. */
export interface MemberRoleProps {
  /** The only role that may assume this one: the central function's role. */
  readonly evaluatorRoleArn: string;

  /** The organization that the assuming role must belong to, such as `o-a1b2c3d4e5`. */
  readonly organizationId: string;

  /** The rule parameters, which determine the permissions. */
  readonly parameters: RuleParameters;

  /** The Regions in which stages are evaluated. */
  readonly regions: readonly string[];

  /** Whether the function sends events, which include the stage's owner. */
  readonly sendsEvents: boolean;
}

/** The role that a central function assumes in an account of the organization. */
export class MemberRole extends Construct {
  /** The role. */
  readonly role: Role;

  constructor(scope: Construct, id: string, props: MemberRoleProps) {
    super(scope, id);
    const statements = evaluationStatements(props.parameters, props.regions, props.sendsEvents);
    this.role = new Role(this, 'Role', {
      roleName: MEMBER_ROLE_NAME,
      description: 'stagecert: lets the central function read stages and certificates, and put evaluations',
      assumedBy: new ArnPrincipal(props.evaluatorRoleArn).withConditions({
        StringEquals: { 'aws:PrincipalOrgID': props.organizationId },
      }),
      inlinePolicies: {
        Evaluation: new PolicyDocument({ statements }),
      },
    });
    acknowledgeStatements(this.role, statements);
  }
}
