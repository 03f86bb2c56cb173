/**
 * The constructs of this app, for your own CDK app:
 *
 * ```ts
 * import { AccountStack } from './stagecert/cdk/lib';
 * ```
 *
 * They take plain values, read no environment and no files other than those in `lib`, and need only
 * `aws-cdk-lib` and `constructs`. README.md has an example.
 *
 * @module
 */
export type { AlertRouting } from './alerts/account-alerts';
export type { AlertSettings } from './alerts/alert-settings';
export { AlertsStack, type AlertsStackProps } from './alerts/alerts-stack';
export type { RuleName } from './alerts/event-patterns';
export type { MailerSettings } from './alerts/mailer-function';
export { AccountDashboard, OrganizationDashboardStack } from './dashboard/dashboards';
export { CodeBucket, type CodeBucketProps } from './evaluator/code-bucket';
export { CodeBucketStack, CodeStack, codeFromBucket } from './evaluator/code-stacks';
export { EvaluatorFunction, type EvaluatorFunctionProps, type EvaluatorSettings } from './evaluator/evaluator-function';
export { MemberRole, type MemberRoleProps } from './evaluator/member-role';
export { applyRoleSettings, type RoleSettings } from './evaluator/roles';
export { DEFAULT_NAME, DeploymentNames } from './names';
export { OrganizationConformancePack } from './organization/organization-conformance-pack';
export { OrganizationRules } from './organization/organization-rules';
export { ServiceManagedStackSet, type ServiceManagedStackSetProps } from './organization/service-managed-stack-set';
export { synthesizeTemplate } from './organization/template';
export { ConfigRules, type RuleSettings } from './rule/config-rules';
export type { Check, RuleParameters } from './rule/rule-parameters';
export { AccountStack, type AccountStackProps } from './stacks/account-stack';
export { CentralStack, EvaluatorRoleStack, MemberAlertsStack, MemberStack } from './stacks/central-stacks';
export { type AutomationRules, ResolvePassedFindings, SuppressConfigFindings } from './stacks/security-hub';
