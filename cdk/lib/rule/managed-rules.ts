/** A managed rule of AWS for another API Gateway control. */
export interface ManagedRule {
  /** Its name in the pack. */
  readonly name: string;
  /** AWS's identifier. */
  readonly identifier: string;
  /** What it finds. */
  readonly description: string;
  /** The Security Hub control that it stands for. */
  readonly control: string;
  readonly inputParameters?: Readonly<Record<string, string>>;
  /** The Regions, or beginnings of them, where AWS does not offer it. */
  readonly notIn: readonly string[];
}

/** Thailand, New Zealand, Mexico (Central), Taipei, and the partitions of China and GovCloud: where the newer rules are missing. */
const NEWER = ['ap-southeast-6', 'ap-southeast-7', 'ap-east-2', 'mx-central-1', 'cn-', 'us-gov-'];

/** AWS's managed rules for the other API Gateway controls. `api-gw-ssl-enabled` is not among them: stagecert asks more. */
export const MANAGED_RULES: readonly ManagedRule[] = [
  {
    name: 'api-gw-execution-logging-enabled',
    identifier: 'API_GW_EXECUTION_LOGGING_ENABLED',
    description: 'Execution logs of a stage are on',
    control: 'APIGateway.1',
    inputParameters: { loggingLevel: 'ERROR,INFO' },
    notIn: [],
  },
  {
    name: 'api-gw-xray-enabled',
    identifier: 'API_GW_XRAY_ENABLED',
    description: 'X-Ray tracing of a stage is on',
    control: 'APIGateway.3',
    notIn: NEWER,
  },
  {
    name: 'api-gw-associated-with-waf',
    identifier: 'API_GW_ASSOCIATED_WITH_WAF',
    description: 'A stage has a web ACL of AWS WAF',
    control: 'APIGateway.4',
    notIn: NEWER,
  },
  {
    // Security Hub judges APIGateway.5 by a rule of its own; this one asks besides that the cache is on.
    name: 'api-gw-cache-enabled-and-encrypted',
    identifier: 'API_GW_CACHE_ENABLED_AND_ENCRYPTED',
    description: 'The cache of each method is on and encrypted',
    control: 'APIGateway.5',
    notIn: NEWER,
  },
  {
    name: 'api-gwv2-authorization-type-configured',
    identifier: 'API_GWV2_AUTHORIZATION_TYPE_CONFIGURED',
    description: 'A route of an HTTP or WebSocket API has an authorization type',
    control: 'APIGateway.8',
    notIn: NEWER,
  },
  {
    name: 'api-gwv2-access-logs-enabled',
    identifier: 'API_GWV2_ACCESS_LOGS_ENABLED',
    description: 'Access logs of an HTTP or WebSocket stage are on',
    control: 'APIGateway.9',
    notIn: NEWER,
  },
  {
    name: 'apigatewayv2-integration-private-https-enabled',
    identifier: 'APIGATEWAYV2_INTEGRATION_PRIVATE_HTTPS_ENABLED',
    description: 'A private integration uses HTTPS',
    control: 'APIGateway.10',
    notIn: NEWER,
  },
  {
    name: 'apigateway-domain-name-tls-check',
    identifier: 'APIGATEWAY_DOMAIN_NAME_TLS_CHECK',
    description: 'A custom domain name asks for TLS 1.2 at least',
    control: 'APIGateway.11',
    notIn: NEWER,
  },
];

/** Those that AWS offers in `region`. */
export function managedRulesIn(region: string): readonly ManagedRule[] {
  return MANAGED_RULES.filter((rule) => !rule.notIn.some((beginning) => region.startsWith(beginning)));
}
