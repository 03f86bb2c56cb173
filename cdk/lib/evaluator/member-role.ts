import { Aws } from 'aws-cdk-lib';
import { AccountPrincipal, PolicyDocument, Role } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { DeploymentNames } from '../names';
import type { FrontDoorSettings } from '../rule/front-door';
import type { RuleParameters } from '../rule/rule-parameters';
import { frontDoorStatements } from './front-door-permissions';
import { acknowledgeStatements, evaluationStatements, lastReminders, rememberReminders } from './permissions';
import { withPath } from './roles';

/** Properties of a {@link MemberRole}. */
export interface MemberRoleProps {
  /** The deployment's name. */
  readonly name: string;

  /** The account of the central functions. */
  readonly administratorAccount: string;

  /** The path of the roles, such as `/`. */
  readonly rolePath: string;

  /** The organization that the assuming role must belong to, such as `o-a1b2c3d4e5`. */
  readonly organizationId: string;

  /** The rule parameters, which determine the permissions. */
  readonly parameters: RuleParameters;

  /** The Regions in which stages are evaluated. */
  readonly regions: readonly string[];

  /** Whether the function sends events, which include the stage's owner. */
  readonly sendsEvents: boolean;

  /** Whether the function sends reminders, whose last complete run it remembers in the account. */
  readonly sendsReminders: boolean;

  /** Whether a change may export what is deployed on a stage. */
  readonly changeExports: boolean;

  /**
   * The settings of the rule for the front door, which determine its permissions.
   *
   * @default - no rule for the front door
   */
  readonly frontDoor?: FrontDoorSettings | undefined;

  /**
   * Whether the function sends reminders about the front door.
   *
   * @default false
   */
  readonly sendsFrontDoorReminders?: boolean | undefined;
}

/** The role that a central function assumes in an account of the organization. */
export class MemberRole extends Construct {
  /** The role. */
  readonly role: Role;

  constructor(scope: Construct, id: string, props: MemberRoleProps) {
    super(scope, id);
    const names = new DeploymentNames(props.name);
    const evaluatorRole = withPath(props.rolePath, names.evaluatorRole);
    const statements = [
      ...evaluationStatements(props.parameters, props.regions, props.sendsEvents, props.changeExports),
      ...frontDoorStatements(props.frontDoor, props.regions),
      ...rememberReminders(lastReminders(names, props), props.regions),
    ];
    this.role = new Role(this, 'Role', {
      roleName: names.memberRole,
      description: 'stagecert: lets the central function read stages and certificates, and put evaluations',
      // The account, limited to one role by a condition. With the role as principal, IAM would
      // store its unique id, and the trust would end when the role is replaced.
      assumedBy: new AccountPrincipal(props.administratorAccount).withConditions({
        StringEquals: { 'aws:PrincipalOrgID': props.organizationId },
        ArnEquals: {
          'aws:PrincipalArn': `arn:${Aws.PARTITION}:iam::${props.administratorAccount}:role/${evaluatorRole}`,
        },
      }),
      inlinePolicies: {
        Evaluation: new PolicyDocument({ statements }),
      },
    });
    acknowledgeStatements(this.role, statements);
  }
}
