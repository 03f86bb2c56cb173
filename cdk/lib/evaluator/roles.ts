import { Aspects, Aws, CfnResource, type IAspect } from 'aws-cdk-lib';
import { CfnRole } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';

/** The settings of all roles. */
export interface RoleSettings {
  /** The path, which starts and ends with a slash. */
  readonly path: string;

  /**
   * The permissions boundary: the ARN of a policy, or its path and name in each account.
   *
   * @default - no permissions boundary
   */
  readonly permissionsBoundary?: string | undefined;
}

/** The settings of roles without a path and a permissions boundary. */
export const DEFAULT_ROLE_SETTINGS: RoleSettings = { path: '/' };

/** Applies the settings to all roles in a scope. */
export function applyRoleSettings(scope: IConstruct, settings: RoleSettings): void {
  if (settings.path !== '/' || settings.permissionsBoundary !== undefined) {
    Aspects.of(scope).add(new RoleAspect(settings));
  }
}

/** Returns a role's name with its path, as it is in the role's ARN. */
export const withPath = (path: string, roleName: string) => `${path.slice(1)}${roleName}`;

class RoleAspect implements IAspect {
  constructor(private readonly settings: RoleSettings) {}

  visit(node: IConstruct): void {
    if (CfnResource.isCfnResource(node) && node.cfnResourceType === CfnRole.CFN_RESOURCE_TYPE_NAME) {
      const role = node as CfnRole;
      const { path, permissionsBoundary } = this.settings;
      if (path !== '/') {
        role.path = path;
      }
      if (permissionsBoundary !== undefined) {
        role.permissionsBoundary = permissionsBoundary.startsWith('arn:')
          ? permissionsBoundary
          : `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:policy/${permissionsBoundary}`;
      }
    }
  }
}
