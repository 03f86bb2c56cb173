import { Aws, CfnCondition, Fn } from 'aws-cdk-lib';
import { type CfnConfigRule, CfnRemediationConfiguration } from 'aws-cdk-lib/aws-config';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { acknowledgeStatements, sendEvents } from '../evaluator/permissions';
import { DeploymentNames } from '../names';
import { type DocumentSettings, ROLE_PARAMETER, STAGE_PARAMETER, startRotationDocument } from './document';

/**
 * The Regions in which CloudFormation has no `AWS::Config::RemediationConfiguration` (the resource
 * schemas of cfn-lint 1.58.0). There, a person starts the document in Systems Manager.
 */
export const WITHOUT_REMEDIATION = ['ap-east-2', 'ap-southeast-6', 'ap-southeast-7', 'mx-central-1'];

/** Properties of {@link StartRotation}. */
export interface StartRotationProps extends DocumentSettings {
  /** The rule whose remediation the document is: the one with the check `certificate-expiry`. */
  readonly rule: CfnConfigRule;
}

/**
 * The Systems Manager document with which a person starts the rotation of a stage's certificate in
 * the console of AWS Config, as the remediation of a rule. AWS Config never starts it
 * automatically.
 */
export class StartRotation extends Construct {
  constructor(scope: Construct, id: string, props: StartRotationProps) {
    super(scope, id);
    const role = this.createRole();
    const document = new CfnDocument(this, 'Document', {
      name: new DeploymentNames(props.name).startRotation,
      documentType: 'Automation',
      documentFormat: 'JSON',
      content: startRotationDocument(props),
      // A document with a fixed name can't be replaced.
      updateMethod: 'NewVersion',
    });
    const remediation = new CfnRemediationConfiguration(this, 'Remediation', {
      configRuleName: props.rule.ref,
      targetType: 'SSM_DOCUMENT',
      targetId: document.ref,
      automatic: false,
      // One after the other, if a person selects several stages that have the same certificate.
      executionControls: { ssmControls: { concurrentExecutionRatePercentage: 1, errorPercentage: 100 } },
      parameters: {
        [ROLE_PARAMETER]: { StaticValue: { Values: [role.roleArn] } },
        [STAGE_PARAMETER]: { ResourceValue: { Value: 'RESOURCE_ID' } },
      },
    });
    // One template is deployed to all Regions of a StackSet.
    remediation.cfnOptions.condition = new CfnCondition(this, 'HasRemediation', {
      expression: Fn.conditionNot(
        Fn.conditionOr(...WITHOUT_REMEDIATION.map((region) => Fn.conditionEquals(Aws.REGION, region))),
      ),
    });
  }

  /**
   * Creates the role of the document, which can neither change a stage nor delete a certificate.
   */
  private createRole(): Role {
    const statements = startStatements();
    const executions = `arn:${Aws.PARTITION}:ssm:${Aws.REGION}:${Aws.ACCOUNT_ID}:automation-execution/*`;
    const role = new Role(this, 'Role', {
      description: 'stagecert: generates client certificates when a person starts a rotation, and sends them',
      assumedBy: new ServicePrincipal('ssm.amazonaws.com').withConditions({
        StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
        ArnLike: { 'aws:SourceArn': executions },
      }),
      inlinePolicies: { StartRotation: new PolicyDocument({ statements }) },
    });
    acknowledgeStatements(role, statements);
    return role;
  }
}

/** Returns the statements that the document needs. */
function startStatements(): PolicyStatement[] {
  const apiGateway = (path: string) => `arn:${Aws.PARTITION}:apigateway:${Aws.REGION}::${path}`;
  // To generate a certificate with tags, API Gateway also requires the permission to tag it.
  const tags = `arn%3A${Aws.PARTITION}%3Aapigateway%3A${Aws.REGION}%3A%3A%2Fclientcertificates%2F*`;
  return [
    new PolicyStatement({ sid: 'ListStages', actions: ['config:SelectResourceConfig'], resources: ['*'] }),
    new PolicyStatement({
      sid: 'ReadStagesAndCertificates',
      actions: ['apigateway:GET'],
      resources: ['/restapis/*/stages/*', '/apis/*/stages/*', '/clientcertificates', '/clientcertificates/*'].map(
        apiGateway,
      ),
    }),
    new PolicyStatement({
      sid: 'GenerateCertificates',
      actions: ['apigateway:POST'],
      resources: [apiGateway('/clientcertificates')],
    }),
    new PolicyStatement({
      sid: 'TagCertificates',
      actions: ['apigateway:PUT'],
      resources: [apiGateway(`/tags/${tags}`)],
    }),
    sendEvents(),
  ];
}
