/** An AWS managed rule for another API Gateway control. */
export interface ManagedRule {
  /** The rule's name in the conformance pack. */
  readonly name: string;
  /** AWS's identifier of the managed rule. */
  readonly identifier: string;
  /** What the rule requires. */
  readonly description: string;
  /** The Security Hub control that corresponds to the rule. */
  readonly control: string;
  readonly inputParameters?: Readonly<Record<string, string>>;
  /** Regions, or prefixes of Regions, in which AWS doesn't offer the rule. */
  readonly unavailableIn: readonly string[];
}

/**
 * Regions that lack the newer managed rules: New Zealand, Thailand, Taipei, Mexico (Central), China
 * and GovCloud.
 */
const WITHOUT_NEWER_RULES = ['ap-southeast-6', 'ap-southeast-7', 'ap-east-2', 'mx-central-1', 'cn-', 'us-gov-'];

/**
 * AWS managed rules for the other API Gateway controls. `api-gw-ssl-enabled` is not included
 * because `certificate-attached` covers it and checks more.
 */
export const MANAGED_RULES: readonly ManagedRule[] = [
  {
    name: 'api-gw-execution-logging-enabled',
    identifier: 'API_GW_EXECUTION_LOGGING_ENABLED',
    description: 'Execution logging is enabled for the stage',
    control: 'APIGateway.1',
    inputParameters: { loggingLevel: 'ERROR,INFO' },
    unavailableIn: [],
  },
  {
    name: 'api-gw-xray-enabled',
    identifier: 'API_GW_XRAY_ENABLED',
    description: 'X-Ray tracing is enabled for the stage',
    control: 'APIGateway.3',
    unavailableIn: WITHOUT_NEWER_RULES,
  },
  {
    name: 'api-gw-associated-with-waf',
    identifier: 'API_GW_ASSOCIATED_WITH_WAF',
    description: 'The stage is associated with an AWS WAF web ACL',
    control: 'APIGateway.4',
    unavailableIn: WITHOUT_NEWER_RULES,
  },
  {
    // Security Hub uses its own rule for APIGateway.5. This rule also requires that caching is
    // enabled.
    name: 'api-gw-cache-enabled-and-encrypted',
    identifier: 'API_GW_CACHE_ENABLED_AND_ENCRYPTED',
    description: 'Caching is enabled and encrypted for all methods',
    control: 'APIGateway.5',
    unavailableIn: WITHOUT_NEWER_RULES,
  },
  {
    name: 'api-gwv2-authorization-type-configured',
    identifier: 'API_GWV2_AUTHORIZATION_TYPE_CONFIGURED',
    description: 'Routes of HTTP and WebSocket APIs have an authorization type',
    control: 'APIGateway.8',
    unavailableIn: WITHOUT_NEWER_RULES,
  },
  {
    name: 'api-gwv2-access-logs-enabled',
    identifier: 'API_GWV2_ACCESS_LOGS_ENABLED',
    description: 'Access logging is enabled for stages of HTTP and WebSocket APIs',
    control: 'APIGateway.9',
    unavailableIn: WITHOUT_NEWER_RULES,
  },
  {
    name: 'apigatewayv2-integration-private-https-enabled',
    identifier: 'APIGATEWAYV2_INTEGRATION_PRIVATE_HTTPS_ENABLED',
    description: 'Private integrations use HTTPS',
    control: 'APIGateway.10',
    unavailableIn: WITHOUT_NEWER_RULES,
  },
  {
    name: 'apigateway-domain-name-tls-check',
    identifier: 'APIGATEWAY_DOMAIN_NAME_TLS_CHECK',
    description: 'Custom domain names require TLS 1.2 or later',
    control: 'APIGateway.11',
    unavailableIn: WITHOUT_NEWER_RULES,
  },
];

/** Returns the managed rules that AWS offers in a Region. */
export function managedRulesIn(region: string): readonly ManagedRule[] {
  return MANAGED_RULES.filter((rule) => !rule.unavailableIn.some((prefix) => region.startsWith(prefix)));
}
