import { Annotations, Stack, Token } from 'aws-cdk-lib';
import { CfnOrganizationConformancePack } from 'aws-cdk-lib/aws-config';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { DeploymentNames } from '../names';
import { managedRulesMissingIn, REGIONS_AS_OF, sourceOf } from '../rule/managed-rules';
import { type ConformancePackSettings, conformancePackTemplate } from './conformance-pack';

/** Properties of an {@link OrganizationConformancePack}. */
export interface OrganizationConformancePackProps extends ConformancePackSettings {
  /** The central function, in this account and Region. */
  readonly evaluator: IFunction;

  /** The permission for AWS Config to invoke the function. Creating the pack fails without it. */
  readonly permission: Construct;

  /** The role that the function assumes in each account, with its path. */
  readonly executionRoleName: string;

  /** The accounts that don't get the pack. */
  readonly excludedAccounts: readonly string[];
}

/** The conformance pack in all accounts of an organization, in one Region. */
export class OrganizationConformancePack extends Construct {
  constructor(scope: Construct, id: string, props: OrganizationConformancePackProps) {
    super(scope, id);
    const names = new DeploymentNames(props.name);
    const pack = new CfnOrganizationConformancePack(this, 'Pack', {
      organizationConformancePackName: names.conformancePack,
      templateBody: conformancePackTemplate(props),
      excludedAccounts: [...props.excludedAccounts],
      conformancePackInputParameters: [
        { parameterName: 'FunctionArn', parameterValue: props.evaluator.functionArn },
        { parameterName: 'ExecutionRoleName', parameterValue: props.executionRoleName },
      ],
    });
    pack.node.addDependency(props.permission);
    this.reportMissingRules(Stack.of(this).region);
  }

  /** Makes the synthesis print which controls a Region doesn't get. */
  private reportMissingRules(region: string): void {
    const missing = Token.isUnresolved(region) ? [] : managedRulesMissingIn(region);
    if (missing.length > 0) {
      const rules = missing.map(({ control, name }) => `${control} (${name})`).join(', ');
      const sources = missing.map(sourceOf).join(' ');
      Annotations.of(this).addInfo(
        `${region} doesn't get ${rules}: AWS didn't offer these managed rules there on ${REGIONS_AS_OF} (${sources})`,
      );
    }
  }
}
