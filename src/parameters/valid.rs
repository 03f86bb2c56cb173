use std::collections::BTreeSet;

use glob::Pattern;

use crate::Failure;
use crate::checks::Check;
use crate::checks::owner_tag::{OwnerTagOn, WholeMatch};
use crate::checks::stage::certificate_attached::AppliesTo;
use crate::checks::stage::certificate_unique::CertificateSharing;
use crate::parameters::exemptions::{ENTRIES, ExemptStages, LOCATIONS, S3Location, glob};
use crate::parameters::raw::refused;
use crate::parameters::{CallsPerSecond, FindingOwner, Inventory, Parameters, RawParameters, Reporting};
use crate::quote::{printable, quoted};
use crate::resources::certificate_id::CertificateId;

impl RawParameters {
    /// The validated parameters, with defaults for absent keys.
    ///
    /// # Errors
    /// `Failure::Parameter`, which names the first key, in documented order, whose value is not
    /// allowed.
    pub fn validate(&self) -> Result<Parameters, Failure> {
        let mut parameters = Parameters::default();
        if let Some(codes) = self.list("checks", &allowed_checks(), Check::from_code)? {
            parameters.checks = codes.into_iter().collect();
            let of_front_door = |check: &Check| check.is_of_front_door();
            if parameters.checks.iter().any(of_front_door) && !parameters.checks.iter().all(of_front_door) {
                let text = self.text("checks").unwrap_or_default();
                return Err(refused("checks", text, MIXED));
            }
        }
        if let Some(days) = self.days("expiryWindowDays")? {
            parameters.certificate_expiry.expiry_window_days = days;
        }
        if let Some(days) = self.days("managedRenewalWindowDays")? {
            parameters.certificate_expiry.managed_renewal_window_days = days;
        }
        if let Some(keys) =
            self.list("ownerTagKeys", "tag keys of 1 to 128 characters, separated by commas", tag_key)?
        {
            parameters.owner_tag.keys = keys;
        }
        parameters.owner_tag.pattern = self.pattern("ownerTagPattern")?;
        if let Some(resources) =
            self.list("ownerTagOn", "stage, certificate or stage,certificate", owner_tag_on)?
        {
            parameters.owner_tag.on = resources.into_iter().collect();
        }
        parameters.certificate_attached.certificate_ids = self.list(
            "certificateIds",
            "ids of client certificates or ARNs of ACM certificates, separated by commas",
            certificate_id,
        )?;
        if let Some(sharing) = self.certificate_sharing()? {
            parameters.certificate_unique.sharing = sharing;
        }
        let applies_to =
            [("http-integrations", AppliesTo::HttpIntegrations), ("all-stages", AppliesTo::AllStages)];
        parameters.certificate_attached.applies_to =
            self.choice("appliesTo", applies_to)?.unwrap_or(parameters.certificate_attached.applies_to);
        parameters.include_stages = self.list("includeStages", GLOBS, glob)?;
        parameters.exclude_stages = self.exempt_stages("excludeStages")?;
        parameters.exemption_tag = self.exemption_tag("exemptionTag")?;
        parameters.exemptions = self.location("exemptions")?;
        if let Some(calls) = self.calls_per_second("apiGatewayCallsPerSecond")? {
            parameters.api_gateway_calls_per_second = calls;
        }
        let inventory = [("config", Inventory::Config), ("apigateway", Inventory::ApiGateway)];
        parameters.inventory = self.choice("inventory", inventory)?.unwrap_or(parameters.inventory);
        let reporting = [("changed", Reporting::Changed), ("all", Reporting::All)];
        parameters.reporting = self.choice("reporting", reporting)?.unwrap_or(parameters.reporting);
        parameters.execution_role_name = self.role_name("executionRoleName")?;
        let security_hub = [("off", false), ("on", true)];
        parameters.security_hub =
            self.choice("securityHub", security_hub)?.unwrap_or(parameters.security_hub);
        let finding_owner = [("key", FindingOwner::Key), ("value", FindingOwner::Value)];
        parameters.finding_owner =
            self.choice("findingOwner", finding_owner)?.unwrap_or(parameters.finding_owner);
        parameters.events =
            self.choice("events", [("off", false), ("on", true)])?.unwrap_or(parameters.events);
        if let Some(required) = self.list("requireMutualTls", REQUIRED, name_glob)? {
            parameters.mutual_tls.required = required;
        }
        if let Some(days) = self.days("truststoreWindowDays")? {
            parameters.truststore.window_days = days;
        }
        Ok(parameters)
    }

    fn days(&self, key: &str) -> Result<Option<u16>, Failure> {
        let days = |text: &str| text.parse().ok().filter(|days| (1..=365).contains(days));
        self.number(key, "a whole number from 1 to 365", days)
    }

    fn calls_per_second(&self, key: &str) -> Result<Option<CallsPerSecond>, Failure> {
        let calls = |text: &str| text.parse().ok().and_then(CallsPerSecond::new);
        self.number(key, "a whole number from 1 to 8", calls)
    }

    /// A number without sign and leading zeros, parsed by `read`.
    fn number<T>(
        &self,
        key: &str,
        allowed: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, Failure> {
        let Some(text) = self.text(key) else { return Ok(None) };
        let plain = !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
        match read(text).filter(|_| plain) {
            Some(number) => Ok(Some(number)),
            None => Err(refused(key, text, allowed)),
        }
    }

    fn choice<T, const N: usize>(&self, key: &str, choices: [(&str, T); N]) -> Result<Option<T>, Failure> {
        let Some(text) = self.text(key) else { return Ok(None) };
        let names = choices.each_ref().map(|(name, _)| *name).join(" or ");
        match choices.into_iter().find(|(name, _)| *name == text) {
            Some((_, choice)) => Ok(Some(choice)),
            None => Err(refused(key, text, names)),
        }
    }

    /// The entries of a comma-separated list, each trimmed of white space and parsed by `read`.
    fn list<T>(
        &self,
        key: &str,
        allowed: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<Vec<T>>, Failure> {
        let Some(text) = self.text(key) else { return Ok(None) };
        let mut seen = BTreeSet::new();
        let mut entries = Vec::new();
        for entry in text.split(',').map(str::trim) {
            if !seen.insert(entry) {
                return Err(refused(
                    key,
                    text,
                    format!("each entry once; \"{}\" is repeated", quoted(entry)),
                ));
            }
            entries.push(read(entry).ok_or_else(|| refused(key, text, allowed))?);
        }
        Ok(Some(entries))
    }

    /// The exemptions of stages. Two that exempt a check of the same glob would be ambiguous.
    fn exempt_stages(&self, key: &str) -> Result<Vec<ExemptStages>, Failure> {
        let entries = self.list(key, ENTRIES, ExemptStages::parse)?.unwrap_or_default();
        let is_repeated =
            |(index, entry): &(usize, &ExemptStages)| entries.iter().take(*index).any(|it| it.repeats(entry));
        match entries.iter().enumerate().find(is_repeated) {
            Some((_, repeated)) => {
                let allowed =
                    format!("each glob once per check; \"{}\" is repeated", quoted(repeated.glob.as_str()));
                Err(refused(key, self.text(key).unwrap_or_default(), allowed))
            }
            None => Ok(entries),
        }
    }

    fn exemption_tag(&self, key: &str) -> Result<Option<String>, Failure> {
        let Some(text) = self.text(key) else { return Ok(None) };
        let is_plain = text.trim() == text && printable(text) == text;
        match tag_key(text).filter(|_| is_plain) {
            Some(tag) => Ok(Some(tag)),
            None => Err(refused(key, text, "one tag key of 1 to 128 characters, without spaces around it")),
        }
    }

    fn location(&self, key: &str) -> Result<Option<S3Location>, Failure> {
        let Some(text) = self.text(key) else { return Ok(None) };
        S3Location::parse(text).map(Some).ok_or_else(|| refused(key, text, LOCATIONS))
    }

    fn certificate_sharing(&self) -> Result<Option<CertificateSharing>, Failure> {
        const KEY: &str = "certificateSharing";
        if self.text(KEY).is_some_and(|text| text.trim() == "none") {
            return Ok(Some(CertificateSharing::default()));
        }
        let entries = self.list(KEY, "none, or same-api, acm or same-api,acm", |entry| match entry {
            "same-api" => Some(CertificateSharing { same_api: true, acm: false }),
            "acm" => Some(CertificateSharing { same_api: false, acm: true }),
            _ => None,
        })?;
        Ok(entries.map(|entries| CertificateSharing {
            same_api: entries.iter().any(|entry| entry.same_api),
            acm: entries.iter().any(|entry| entry.acm),
        }))
    }

    fn pattern(&self, key: &str) -> Result<Option<WholeMatch>, Failure> {
        let Some(text) = self.text(key) else { return Ok(None) };
        WholeMatch::new(text)
            .map(Some)
            .map_err(|problem| refused(key, text, format!("a regular expression ({problem})")))
    }

    /// The path and name of an IAM role, which become part of the ARN of the role to assume.
    fn role_name(&self, key: &str) -> Result<Option<String>, Failure> {
        let Some(text) = self.text(key) else { return Ok(None) };
        if is_role_name(text) { Ok(Some(text.into())) } else { Err(refused(key, text, ROLE_NAME)) }
    }
}

/// The allowed role names, as shown in error messages.
pub const ROLE_NAME: &str = "the name of an IAM role, 1 to 64 letters, digits and +=,.@_-, after its path if it has one (security/NAME)";

/// IAM's maximum length of a path.
const MAX_PATH: usize = 512;

/// Whether `text` is the name of an IAM role, after its path without the leading slash if it has
/// one.
#[must_use]
pub fn is_role_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte);
    let is_part = |part: &str| !part.is_empty() && part.bytes().all(allowed);
    let name = text.rsplit('/').next().unwrap_or_default();
    name.len() <= 64 && text.len() - name.len() <= MAX_PATH && text.split('/').all(is_part)
}

/// The glob over domain names and API ids in `entry`. API Gateway accepts no capital letters in
/// either, so a pattern with other characters could never match.
fn name_glob(entry: &str) -> Option<Pattern> {
    let is_possible =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-*?[]!".contains(&byte);
    Pattern::new(entry).ok().filter(|_| !entry.is_empty() && entry.bytes().all(is_possible))
}

const GLOBS: &str = "globs over apiId/stageName, such as */prod*, separated by commas";

const MIXED: &str = "checks of stages or checks of the front door, not both: a rule evaluates either";

const REQUIRED: &str = "globs over domain names and API ids, such as *.example.com, separated by commas";

fn allowed_checks() -> String {
    format!("any of {}, separated by commas", Check::ALL.map(Check::code).join(", "))
}

fn tag_key(entry: &str) -> Option<String> {
    (1..=128).contains(&entry.chars().count()).then(|| entry.to_owned())
}

fn owner_tag_on(entry: &str) -> Option<OwnerTagOn> {
    [OwnerTagOn::Stage, OwnerTagOn::Certificate].into_iter().find(|on| on.to_string() == entry)
}

fn certificate_id(entry: &str) -> Option<String> {
    CertificateId::new(entry.to_owned()).is_recognized().then(|| entry.to_owned())
}
