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
  /** The Regions in which AWS doesn't offer the rule, according to {@link sourceOf} the rule. */
  readonly unavailableIn: readonly string[];
}

/** The date on which the Regions were read from AWS's page about each rule. */
export const REGIONS_AS_OF = '2026-11-29';

/** Returns the URL of AWS's page about a rule, which lists the Regions that lack the rule. */
export function sourceOf({ name }: Pick<ManagedRule, 'name'>): string {
  return `https://docs.aws.amazon.com/config/latest/developerguide/${name}.html`;
}

/**
 * Prefixes of Regions that AWS's pages don't cover: the European Sovereign Cloud and the isolated
 * partitions. A pack with an unavailable rule fails as a whole, so the rules are left out there.
 */
const UNDOCUMENTED = ['eusc-', 'us-iso-', 'us-isob-', 'eu-isoe-', 'us-isof-'];

const CHINA = ['cn-north-1', 'cn-northwest-1'];
const GOVCLOUD = ['us-gov-east-1', 'us-gov-west-1'];
const NEW_ZEALAND = 'ap-southeast-6';
const TAIPEI = 'ap-east-2';
const THAILAND = 'ap-southeast-7';
const MEXICO = 'mx-central-1';

/** Jakarta, UAE, Hyderabad, Malaysia, Melbourne, Tel Aviv, Calgary, Spain and Zurich. */
const WITHOUT_API_GATEWAY_V2_RULES = [
  'ap-southeast-3',
  'me-central-1',
  'ap-south-2',
  'ap-southeast-5',
  'ap-southeast-4',
  'il-central-1',
  'ca-west-1',
  'eu-south-2',
  'eu-central-2',
];

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
    unavailableIn: [NEW_ZEALAND, TAIPEI],
  },
  {
    name: 'api-gw-xray-enabled',
    identifier: 'API_GW_XRAY_ENABLED',
    description: 'X-Ray tracing is enabled for the stage',
    control: 'APIGateway.3',
    unavailableIn: [NEW_ZEALAND, TAIPEI],
  },
  {
    name: 'api-gw-associated-with-waf',
    identifier: 'API_GW_ASSOCIATED_WITH_WAF',
    description: 'The stage is associated with an AWS WAF web ACL',
    control: 'APIGateway.4',
    unavailableIn: [NEW_ZEALAND, TAIPEI],
  },
  {
    // Security Hub uses its own rule for APIGateway.5. This rule also requires that caching is
    // enabled.
    name: 'api-gw-cache-enabled-and-encrypted',
    identifier: 'API_GW_CACHE_ENABLED_AND_ENCRYPTED',
    description: 'Caching is enabled and encrypted for all methods',
    control: 'APIGateway.5',
    unavailableIn: [NEW_ZEALAND, TAIPEI],
  },
  {
    name: 'api-gwv2-authorization-type-configured',
    identifier: 'API_GWV2_AUTHORIZATION_TYPE_CONFIGURED',
    description: 'Routes of HTTP and WebSocket APIs have an authorization type',
    control: 'APIGateway.8',
    unavailableIn: [NEW_ZEALAND, TAIPEI, THAILAND, MEXICO, ...GOVCLOUD, ...WITHOUT_API_GATEWAY_V2_RULES],
  },
  {
    name: 'api-gwv2-access-logs-enabled',
    identifier: 'API_GWV2_ACCESS_LOGS_ENABLED',
    description: 'Access logging is enabled for stages of HTTP and WebSocket APIs',
    control: 'APIGateway.9',
    unavailableIn: [NEW_ZEALAND, TAIPEI, ...GOVCLOUD, ...WITHOUT_API_GATEWAY_V2_RULES],
  },
  {
    name: 'apigatewayv2-integration-private-https-enabled',
    identifier: 'APIGATEWAYV2_INTEGRATION_PRIVATE_HTTPS_ENABLED',
    description: 'Private integrations use HTTPS',
    control: 'APIGateway.10',
    unavailableIn: [NEW_ZEALAND, TAIPEI, THAILAND, MEXICO, ...CHINA, ...GOVCLOUD],
  },
  {
    name: 'apigateway-domain-name-tls-check',
    identifier: 'APIGATEWAY_DOMAIN_NAME_TLS_CHECK',
    description: 'Custom domain names require TLS 1.2 or later',
    control: 'APIGateway.11',
    unavailableIn: [NEW_ZEALAND, ...CHINA, ...GOVCLOUD],
  },
];

/** Returns the managed rules that AWS offers in a Region. */
export function managedRulesIn(region: string): readonly ManagedRule[] {
  return MANAGED_RULES.filter((rule) => isOffered(rule, region));
}

/** Returns the managed rules that AWS doesn't offer in a Region. */
export function managedRulesMissingIn(region: string): readonly ManagedRule[] {
  return MANAGED_RULES.filter((rule) => !isOffered(rule, region));
}

function isOffered({ unavailableIn }: ManagedRule, region: string): boolean {
  return !unavailableIn.includes(region) && !UNDOCUMENTED.some((prefix) => region.startsWith(prefix));
}
