import { Aws, Stack, type StackProps } from 'aws-cdk-lib';
import { CfnDashboard } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { MetricsLevel } from '../evaluator/metrics';
import { DeploymentNames } from '../names';
import type { RuleSettings } from '../rule/config-rules';
import { dashboardBody } from './dashboard';
import { inThisRegion, type MetricSource } from './dashboard-sources';
import { organizationDashboardBody } from './organization-dashboard';

/** Properties of an {@link AccountDashboard}. */
export interface AccountDashboardProps {
  readonly rule: RuleSettings;

  /** Which metrics the function writes. */
  readonly metrics: MetricsLevel;
}

/**
 * The dashboard of one account and Region. Its name includes the Region, because dashboards are
 * global.
 */
export class AccountDashboard extends Construct {
  constructor(scope: Construct, id: string, props: AccountDashboardProps) {
    super(scope, id);
    new CfnDashboard(this, 'Dashboard', {
      dashboardName: new DeploymentNames(props.rule.name).dashboard(Aws.REGION),
      dashboardBody: Stack.of(this).toJsonString(dashboardBody(inThisRegion(props.rule, props.metrics))),
    });
  }
}

/** Properties of an {@link OrganizationDashboardStack}. */
export interface OrganizationDashboardStackProps extends StackProps {
  readonly source: MetricSource;
}

/** The stack with the organization's dashboard, in CloudWatch's monitoring account. */
export class OrganizationDashboardStack extends Stack {
  constructor(scope: Construct, id: string, props: OrganizationDashboardStackProps) {
    super(scope, id, { description: 'stagecert: dashboard of the organization', ...props });
    const { source } = props;
    const body = source.scope === 'organization' ? organizationDashboardBody(source) : dashboardBody(source);
    new CfnDashboard(this, 'Dashboard', {
      dashboardName: new DeploymentNames(source.rule.name).dashboard('organization'),
      dashboardBody: this.toJsonString(body),
    });
  }
}
