import { CfnOrganizationConformancePack } from 'aws-cdk-lib/aws-config';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { MEMBER_ROLE_NAME } from '../evaluator/member-role';
import { type ConformancePackSettings, conformancePackTemplate } from './conformance-pack';

/** The name of the conformance pack. */
export const PACK_NAME = 'stagecert';

/** Properties of an {@link OrganizationConformancePack}. */
export interface OrganizationConformancePackProps extends ConformancePackSettings {
  /** The central function, in this account and Region. */
  readonly evaluator: IFunction;

  /** The permission for AWS Config to invoke the function. Creating the pack fails without it. */
  readonly permission: Construct;

  /** The accounts that don't get the pack. */
  readonly excludedAccounts: readonly string[];
}

/** The conformance pack in all accounts of an organization, in one Region. */
export class OrganizationConformancePack extends Construct {
  constructor(scope: Construct, id: string, props: OrganizationConformancePackProps) {
    super(scope, id);
    const pack = new CfnOrganizationConformancePack(this, 'Pack', {
      organizationConformancePackName: PACK_NAME,
      templateBody: conformancePackTemplate(props),
      excludedAccounts: [...props.excludedAccounts],
      conformancePackInputParameters: [
        { parameterName: 'FunctionArn', parameterValue: props.evaluator.functionArn },
        { parameterName: 'ExecutionRoleName', parameterValue: MEMBER_ROLE_NAME },
      ],
    });
    pack.node.addDependency(props.permission);
  }
}
