//! The names of APIs, domains, truststores and resources of a VPC, as pseudonyms of the same form.

use std::net::IpAddr;

use crate::resources::api::{ApiArn, ApiType, is_api_id};
use crate::snapshot::known::{EnumValues, PERMISSION};
use crate::snapshot::pseudonyms::Form;
use crate::snapshot::redaction::Redaction;

/// The prefixes of the ids of a VPC's resources.
const PREFIXES: [&str; 5] = ["eni", "pl", "sg", "vpc", "vpce"];
/// The kinds of resources in the ARNs of load balancers.
const ELB_KINDS: [&str; 5] = ["loadbalancer", "listener", "listener-rule", "targetgroup", "truststore"];
/// The types of load balancers in their ARNs.
const ELB_TYPES: [&str; 3] = ["app", "net", "gwy"];

impl Redaction<'_> {
    /// An id of the same API, which is as invalid as the original.
    pub(crate) fn api_id(&mut self, id: &str) -> String {
        self.names.of(if is_api_id(id) { Form::Api } else { Form::Unrecognized }, id)
    }

    /// A domain name. A wildcard stays.
    pub(crate) fn domain(&mut self, name: &str) -> String {
        match name.strip_prefix("*.") {
            Some(rest) => format!("*.{}", self.names.of(Form::Domain, rest)),
            None => self.names.of(Form::Domain, name),
        }
    }

    /// `NAME`, or `NAME+ID` for a private domain.
    pub(crate) fn domain_label(&mut self, label: &str) -> String {
        match label.split_once('+') {
            Some((name, id)) => format!("{}+{}", self.domain(name), self.names.of(Form::DomainId, id)),
            None => self.domain(label),
        }
    }

    pub(crate) fn domain_arn(&mut self, arn: &str) -> String {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let (&["arn", partition, "apigateway", region, account, resource], true) =
            (parts.as_slice(), arn.contains(":/domainnames/"))
        else {
            return self.names.of(Form::Unrecognized, arn);
        };
        let label = self.domain_label(resource.trim_start_matches("/domainnames/"));
        let account = if account.is_empty() { String::new() } else { self.names.of(Form::Account, account) };
        let (partition, region) = (self.partition(partition), self.region(region));
        format!("arn:{partition}:apigateway:{region}:{account}:/domainnames/{label}")
    }

    pub(crate) fn front_door_arn(&mut self, arn: &ApiArn) -> String {
        let collection = match arn.api_type() {
            ApiType::Rest => "restapis",
            ApiType::V2 => "apis",
        };
        let partition = arn.as_str().split(':').nth(1).unwrap_or_default();
        let (partition, region) = (self.partition(partition), self.region(arn.region()));
        format!("arn:{partition}:apigateway:{region}::/{collection}/{}", self.names.of(Form::Api, arn.id()))
    }

    /// `s3://BUCKET/KEY`.
    pub(crate) fn s3_uri(&mut self, uri: &str) -> String {
        match uri.strip_prefix("s3://").and_then(|rest| rest.split_once('/')) {
            _ if uri.is_empty() => String::new(),
            Some((bucket, key)) => {
                format!("s3://{}/{}", self.names.of(Form::Bucket, bucket), self.names.of(Form::Key, key))
            }
            None => self.names.of(Form::Unrecognized, uri),
        }
    }

    pub(crate) fn version(&mut self, version: &str) -> String {
        // The version of what was uploaded before the bucket had versions.
        if version == "null" { version.to_owned() } else { self.names.of(Form::Version, version) }
    }

    /// The id of a resource of a VPC, such as `vpce-…`.
    pub(crate) fn resource_id(&mut self, id: &str) -> String {
        let prefix = id.split_once('-').filter(|(_, number)| is_number(number)).map(|(prefix, _)| prefix);
        match PREFIXES.into_iter().find(|known| prefix == Some(known)) {
            Some(prefix) => format!("{prefix}-0{}", self.names.of(Form::ResourceId, id)),
            None if id.is_empty() => String::new(),
            None => self.names.of(Form::Unrecognized, id),
        }
    }

    /// The ARN of a load balancer or of a part of one. Equal parts of ARNs stay equal.
    pub(crate) fn elb_arn(&mut self, arn: &str) -> String {
        match arn.splitn(6, ':').collect::<Vec<_>>().as_slice() {
            &["arn", partition, "elasticloadbalancing", region, account, resource] => {
                let (partition, region) = (self.partition(partition), self.region(region));
                let account = self.names.of(Form::Account, account);
                let resource = self.elb_path(resource);
                format!("arn:{partition}:elasticloadbalancing:{region}:{account}:{resource}")
            }
            _ if arn.is_empty() => String::new(),
            _ => self.names.of(Form::Unrecognized, arn),
        }
    }

    /// A path in the ARN of a load balancer, such as `app/NAME/ID`.
    pub(crate) fn elb_path(&mut self, path: &str) -> String {
        let mut words = String::new();
        let mut rest = path;
        for known in [&ELB_KINDS[..], &ELB_TYPES[..]] {
            if let Some((word, after)) = rest.split_once('/').filter(|(word, _)| known.contains(word)) {
                words.extend([word, "/"]);
                rest = after;
            }
        }
        let names: Vec<String> =
            rest.split('/').map(|part| self.names.of(Form::LoadBalancer, part)).collect();
        words + &names.join("/")
    }

    /// A target: an address, or the ARN of a load balancer.
    pub(crate) fn target(&mut self, id: &str) -> String {
        if id.parse::<IpAddr>().is_ok() { self.address(id) } else { self.elb_arn(id) }
    }

    /// An IP address of the same family.
    pub(crate) fn address(&mut self, address: &str) -> String {
        match address.parse() {
            Ok(IpAddr::V4(_)) => self.names.of(Form::Ipv4, address),
            // One address has several spellings.
            Ok(IpAddr::V6(parsed)) => self.names.of(Form::Ipv6, &parsed.to_string()),
            Err(_) => self.names.of(Form::Unrecognized, address),
        }
    }

    /// A range of addresses: everything and private ranges stay, and others are replaced by a range
    /// with the same length.
    pub(crate) fn range(&mut self, range: &str) -> String {
        let parsed = range.split_once('/').and_then(|(address, length)| {
            Some((address.parse::<IpAddr>().ok()?, length.parse::<u8>().ok()?))
        });
        match parsed {
            Some((_, 0)) => range.to_owned(),
            Some((IpAddr::V4(address), _)) if address.is_private() => range.to_owned(),
            Some((address, length)) => format!("{}/{length}", self.address(&address.to_string())),
            None => self.names.of(Form::Unrecognized, range),
        }
    }

    /// A word that AWS defines, or a pseudonym of any other.
    pub(crate) fn word(&mut self, known: EnumValues, text: &str) -> String {
        match known.known(Some(text)) {
            Some(word) => word,
            None if text.is_empty() => String::new(),
            None => self.names.of(Form::Unrecognized, text),
        }
    }

    pub(crate) fn optional_word(&mut self, known: EnumValues, text: Option<&String>) -> Option<String> {
        text.map(|text| self.word(known, text))
    }
}

/// The permissions and error codes in a text that says why something can't be read.
pub(crate) fn unreadable(why: &str) -> String {
    let words = why.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != ':');
    let known: Vec<String> = words.filter_map(|word| PERMISSION.known(Some(word))).collect();
    if known.is_empty() { "unreadable".into() } else { format!("unreadable: {}", known.join(", ")) }
}

/// Whether a text is what follows the prefix of an id.
fn is_number(text: &str) -> bool {
    (8..=17).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
