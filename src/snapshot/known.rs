//! Values that AWS defines, which redaction keeps.
//!
//! Lists of known values are used because a text that only has the same form could reveal a name.

/// AWS's partitions (`partitions.json` of the SDKs).
const PARTITIONS: [&str; 8] =
    ["aws", "aws-cn", "aws-us-gov", "aws-eusc", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f"];

/// The first parts of Region names.
///
/// Their combinations with [`DIRECTIONS`] also cover future Regions, and contain no other words.
const AREAS: [&str; 16] = [
    "af", "ap", "ca", "cn", "eu", "il", "me", "mx", "sa", "us", "us-gov", "eusc-de", "us-iso", "us-isob",
    "eu-isoe", "us-isof",
];
/// The second parts of Region names.
const DIRECTIONS: [&str; 9] =
    ["central", "east", "north", "northeast", "northwest", "south", "southeast", "southwest", "west"];

pub(crate) fn is_known_partition(text: &str) -> bool {
    PARTITIONS.contains(&text)
}

/// Whether `text` is the name of an existing or possible Region: an area, a direction and a digit
/// from 1 to 9.
pub(crate) fn is_known_region(text: &str) -> bool {
    let Some((area_and_direction, number)) = text.rsplit_once('-') else { return false };
    let Some((area, direction)) = area_and_direction.rsplit_once('-') else { return false };
    AREAS.contains(&area) && DIRECTIONS.contains(&direction) && matches!(number.as_bytes(), [b'1'..=b'9'])
}

/// The values of an enumeration in ACM's `DescribeCertificate` (botocore).
#[derive(Clone, Copy, Debug)]
pub(crate) struct EnumValues(&'static [&'static str]);

pub(crate) const STATUS: EnumValues = EnumValues(&[
    "PENDING_VALIDATION",
    "ISSUED",
    "INACTIVE",
    "EXPIRED",
    "VALIDATION_TIMED_OUT",
    "REVOKED",
    "FAILED",
]);
pub(crate) const TYPE: EnumValues = EnumValues(&["IMPORTED", "AMAZON_ISSUED", "PRIVATE"]);
pub(crate) const RENEWAL_ELIGIBILITY: EnumValues = EnumValues(&["ELIGIBLE", "INELIGIBLE"]);
pub(crate) const RENEWAL_STATUS: EnumValues =
    EnumValues(&["PENDING_AUTO_RENEWAL", "PENDING_VALIDATION", "SUCCESS", "FAILED"]);

pub(crate) const PROTOCOL: EnumValues = EnumValues(&["HTTP", "WEBSOCKET"]);
pub(crate) const ENDPOINT_TYPE: EnumValues = EnumValues(&["REGIONAL", "EDGE", "PRIVATE"]);
pub(crate) const DOMAIN_STATUS: EnumValues = EnumValues(&[
    "AVAILABLE",
    "UPDATING",
    "PENDING",
    "PENDING_CERTIFICATE_REIMPORT",
    "PENDING_OWNERSHIP_VERIFICATION",
    "FAILED",
]);
pub(crate) const SECURITY_POLICY: EnumValues = EnumValues(&[
    "TLS_1_0",
    "TLS_1_2",
    "SecurityPolicy_TLS13_1_3_2025_09",
    "SecurityPolicy_TLS13_1_3_FIPS_2025_09",
    "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09",
    "SecurityPolicy_TLS13_1_2_FIPS_PQ_2025_09",
    "SecurityPolicy_TLS13_1_2_FIPS_PFS_PQ_2025_09",
    "SecurityPolicy_TLS13_1_2_Ext2_PQ_2025_09",
    "SecurityPolicy_TLS13_1_2_Ext2_FIPS_PQ_2025_09",
    "SecurityPolicy_TLS13_1_2_PQ_2025_09",
    "SecurityPolicy_TLS13_1_2_2021_06",
    "SecurityPolicy_TLS13_2025_EDGE",
    "SecurityPolicy_TLS12_PFS_2025_EDGE",
    "SecurityPolicy_TLS12_2018_EDGE",
]);
pub(crate) const ROUTING_MODE: EnumValues =
    EnumValues(&["BASE_PATH_MAPPING_ONLY", "ROUTING_RULE_ONLY", "ROUTING_RULE_THEN_BASE_PATH_MAPPING"]);
pub(crate) const LOAD_BALANCER_TYPE: EnumValues = EnumValues(&["application", "network", "gateway"]);
pub(crate) const LISTENER_PROTOCOL: EnumValues =
    EnumValues(&["HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP", "GENEVE", "QUIC", "TCP_QUIC"]);
pub(crate) const ACTION_TYPE: EnumValues = EnumValues(&[
    "forward",
    "redirect",
    "fixed-response",
    "authenticate-cognito",
    "authenticate-oidc",
    "jwt-validation",
]);
pub(crate) const TARGET_TYPE: EnumValues = EnumValues(&["instance", "ip", "lambda", "alb"]);
pub(crate) const MUTUAL_AUTHENTICATION_MODE: EnumValues = EnumValues(&["off", "passthrough", "verify"]);
pub(crate) const ASSOCIATION_STATUS: EnumValues = EnumValues(&["active", "removed"]);
pub(crate) const INTERFACE_TYPE: EnumValues = EnumValues(&[
    "interface",
    "vpc_endpoint",
    "network_load_balancer",
    "gateway_load_balancer",
    "gateway_load_balancer_endpoint",
    "lambda",
    "nat_gateway",
    "efa",
    "branch",
    "trunk",
    "api_gateway_managed",
    "global_accelerator_managed",
    "transit_gateway",
]);
pub(crate) const IP_PROTOCOL: EnumValues = EnumValues(&["-1", "tcp", "udp", "icmp", "icmpv6"]);
/// No value is kept.
pub(crate) const NONE: EnumValues = EnumValues(&[]);

pub(crate) const POLICY_VERSION: EnumValues = EnumValues(&["2008-10-17", "2012-10-17"]);
pub(crate) const EFFECT: EnumValues = EnumValues(&["Allow", "Deny"]);
pub(crate) const POLICY_ACTION: EnumValues =
    EnumValues(&["execute-api:Invoke", "execute-api:InvalidateCache", "execute-api:ManageConnections"]);
pub(crate) const METHOD: EnumValues =
    EnumValues(&["*", "ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]);
/// Permissions and error codes that a text about a truststore may contain.
pub(crate) const PERMISSION: EnumValues = EnumValues(&[
    "AccessDenied",
    "AccessDeniedException",
    "NoSuchBucket",
    "NoSuchKey",
    "NoSuchVersion",
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:ListBucket",
    "s3:ListBucketVersions",
    "kms:Decrypt",
    "elasticloadbalancing:DescribeTrustStoreRevocations",
    "elasticloadbalancing:GetTrustStoreCaCertificatesBundle",
    "elasticloadbalancing:GetTrustStoreRevocationContent",
]);

/// The names in a policy: of its elements, and of the operators and keys of conditions.
const POLICY_NAMES: [&str; 12] = [
    "Version",
    "Statement",
    "Effect",
    "Principal",
    "NotPrincipal",
    "AWS",
    "Service",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];
const OPERATORS: [&str; 22] = [
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "Bool",
    "Null",
    "IpAddress",
    "NotIpAddress",
    "ArnEquals",
    "ArnLike",
];
const CONDITION_KEYS: [&str; 11] = [
    "aws:sourcevpce",
    "aws:sourcevpc",
    "aws:sourceip",
    "aws:vpcsourceip",
    "aws:sourcearn",
    "aws:sourceaccount",
    "aws:principalarn",
    "aws:principalaccount",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:securetransport",
];
/// The words with which a weak key or signature is described.
const ALGORITHM_WORDS: [&str; 20] = [
    "signed",
    "with",
    "the",
    "unknown",
    "algorithm",
    "MD5",
    "SHA-1",
    "RSA",
    "EC",
    "key",
    "of",
    "bits",
    "on",
    "an",
    "unnamed",
    "weak",
    "or",
    "curve",
    "ECDSA",
    "DSA",
];

/// Whether AWS defines this name in a policy.
pub(crate) fn is_policy_name(name: &str) -> bool {
    let operator = name.strip_prefix("ForAnyValue:").or_else(|| name.strip_prefix("ForAllValues:"));
    let operator = operator.unwrap_or(name);
    POLICY_NAMES.contains(&name)
        || OPERATORS.contains(&operator.strip_suffix("IfExists").unwrap_or(operator))
        || CONDITION_KEYS.contains(&name.to_ascii_lowercase().as_str())
}

/// Whether a word describes a key or a signature: one of a few words, a number or an object
/// identifier.
pub(crate) fn is_of_algorithms(word: &str) -> bool {
    ALGORITHM_WORDS.contains(&word) || word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

impl EnumValues {
    /// Whether a text with wildcards matches one of these values, in any case of letters.
    pub(crate) fn has_match(self, pattern: &str) -> bool {
        let options = glob::MatchOptions { case_sensitive: false, ..glob::MatchOptions::new() };
        let is_plain = !pattern.contains(['[', ']']);
        let pattern = glob::Pattern::new(pattern).ok().filter(|_| is_plain);
        pattern.is_some_and(|pattern| self.0.iter().any(|known| pattern.matches_with(known, options)))
    }

    /// `text` if it is one of these values; a scan treats any other value as missing.
    pub(crate) fn known(self, text: Option<&str>) -> Option<String> {
        text.filter(|text| self.0.contains(text)).map(Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_regions_are_known_regions() {
        for region in [
            "us-east-1",
            "eu-west-1",
            "ap-southeast-7",
            "mx-central-1",
            "il-central-1",
            "cn-northwest-1",
            "us-gov-west-1",
            "us-iso-west-1",
            "us-isob-east-1",
            "eu-isoe-west-1",
            "us-isof-south-1",
            "eusc-de-east-1",
        ] {
            assert!(is_known_region(region), "{region}");
        }
        for text in [
            "",
            "-",
            "eu-west",
            "eu-west-12",
            "eu-west-0",
            "acme-west-1",
            "eu-acme-1",
            "eu-west-1-acme",
            "acme-merger",
        ] {
            assert!(!is_known_region(text), "{text}");
        }
    }
}
