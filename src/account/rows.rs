//! Config's advanced queries: the query expressions, and the conversion of the result rows.
//!
//! A row is a JSON object. AWS returns it as a string of JSON; a snapshot contains the object
//! itself.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use serde_json::Value;

use crate::Failure;
use crate::account::listing::{Listing, Unreadable};
use crate::checks::stage::certificate_attached::{Backends, Undetermined};
use crate::checks::subjects::{STAGE_CERTIFICATES, SUBJECT_TYPES, SubjectTypeRow};
use crate::event::optional_instant;
use crate::quote::quoted;
use crate::resources::api::Protocol;
use crate::resources::certificate_id::CertificateId;
use crate::resources::stage::Stage;
use crate::resources::stage_arn::{StageArn, StageType};
use crate::resources::subject::SubjectType;

/// The start of a query for resources of a subject type; what follows compares the resource type.
fn select(row: &SubjectTypeRow) -> String {
    let fields: Vec<String> = row.query_fields.iter().map(|field| format!("configuration.{field}")).collect();
    let fields = fields.join(", ");
    format!("SELECT resourceId, resourceType, {fields}, configurationItemCaptureTime WHERE resourceType")
}

/// The query for all stages of both types.
#[must_use]
pub fn all_stages() -> String {
    let stages = || SUBJECT_TYPES.into_iter().filter(|row| matches!(row.subject_type, SubjectType::Stage(_)));
    let types: Vec<String> = stages().map(|row| format!("'{}'", row.resource_type)).collect();
    // Both types have the same fields.
    let select = stages().next().map(select).unwrap_or_default();
    format!("{select} IN ({})", types.join(", "))
}

/// The query for all stages of one type.
#[must_use]
pub fn stages_of(stage_type: StageType) -> String {
    let row = SubjectTypeRow::of(SubjectType::Stage(stage_type));
    format!("{} = '{}'", select(row), row.resource_type)
}

/// The query for the stages that use a certificate; `None` if the id's form is unknown, because
/// such an id is not safe in a query.
#[must_use]
pub fn stages_with(certificate: &CertificateId) -> Option<String> {
    let expression =
        || format!("{} AND configuration.clientCertificateId = '{}'", all_stages(), certificate.as_str());
    certificate.is_recognized().then(expression)
}

/// The query for the protocols of all V2 APIs, or of one, by the API ARN from a [`StageArn`].
#[must_use]
pub fn protocols(api_arn: Option<&str>) -> String {
    let all = "SELECT resourceId, configuration.protocolType WHERE resourceType = 'AWS::ApiGatewayV2::Api'";
    match api_arn {
        Some(arn) => format!("{all} AND resourceId = '{arn}'"),
        None => all.into(),
    }
}

/// The maximum number of APIs in [`api_names`]: with the longest ARNs, the query has less than half
/// of the 4,096 characters that `SelectResourceConfig` accepts (botocore, `Expression`).
pub const MAX_NAMED_APIS: usize = 25;

/// The query for the names of REST, WebSocket and HTTP APIs, by the API ARNs from [`StageArn`]s.
#[must_use]
pub fn api_names(api_arns: &[&str]) -> String {
    let arns: Vec<String> = api_arns.iter().map(|arn| format!("'{arn}'")).collect();
    format!("{} AND resourceId IN ({})", all_api_names(), arns.join(", "))
}

/// The query for the names of all REST, WebSocket and HTTP APIs.
#[must_use]
pub fn all_api_names() -> String {
    "SELECT resourceId, configuration.name \
     WHERE resourceType IN ('AWS::ApiGateway::RestApi', 'AWS::ApiGatewayV2::Api')"
        .into()
}

/// The query for the integrations of V2 APIs.
///
/// It selects the whole configuration, because the spelling of its fields is not documented.
pub const INTEGRATIONS: &str =
    "SELECT resourceId, configuration WHERE resourceType = 'AWS::ApiGatewayV2::Integration'";

/// The query for the variables of stages of V2 APIs.
///
/// It selects the whole configuration, because the spelling of the field is not documented.
#[cfg(feature = "cli")]
pub const V2_STAGE_VARIABLES: &str =
    "SELECT resourceId, configuration WHERE resourceType = 'AWS::ApiGatewayV2::Stage'";

/// The stages in rows of `SelectResourceConfig`.
#[must_use]
pub fn listing<'a>(rows: impl IntoIterator<Item = &'a Value>) -> Listing {
    listing_of("SelectResourceConfig", rows)
}

/// The stages in rows of `operation`, which failures name.
pub(crate) fn listing_of<'a>(operation: &'static str, rows: impl IntoIterator<Item = &'a Value>) -> Listing {
    let mut stages = StageRows::new(operation);
    rows.into_iter().for_each(|row| stages.add(row));
    stages.listing()
}

/// A reader of stage rows, which keeps the stages but not the rows.
#[derive(Debug)]
pub(crate) struct StageRows {
    operation: &'static str,
    listing: Listing,
    /// The indexes of the stages in the listing.
    seen: HashMap<StageArn, usize>,
    /// The certificate ids so far; stages with the same certificate share the text of its id.
    certificates: HashSet<CertificateId>,
    /// The number of unreadable rows above the limit.
    omitted: usize,
    /// The stages of the unreadable rows above the limit.
    ambiguous: HashSet<StageArn>,
}

/// The maximum number of unreadable rows that are kept with their reasons; further rows are only
/// counted.
///
/// Without the limit, a file of unreadable rows would take 100 times its size in memory.
const MAX_UNREADABLE: usize = 1000;

impl StageRows {
    /// A reader of rows of `operation`, which failures name.
    #[must_use]
    pub(crate) fn new(operation: &'static str) -> Self {
        let (listing, seen, certificates) = (Listing::default(), HashMap::new(), HashSet::new());
        Self { operation, listing, seen, certificates, omitted: 0, ambiguous: HashSet::new() }
    }

    /// Adds the stage in a row to the listing.
    pub(crate) fn add(&mut self, row: &Value) {
        let read = stage(row).and_then(|stage| {
            let at = self.seen.get(&stage.arn).copied();
            match at.and_then(|at| self.listing.stages.get_mut(at)) {
                // Pages may overlap, and the stage may have changed between them.
                Some(known) if known.has_same_facts(&stage) => Ok(None),
                Some(known) if known.captured != stage.captured => {
                    if stage.captured > known.captured {
                        *known = stage;
                    }
                    Ok(None)
                }
                Some(_) => Err(format!("\"{}\" is listed twice with different facts", stage.arn)),
                None => Ok(Some(stage)),
            }
        });
        match read {
            Ok(None) => {}
            Ok(Some(mut stage)) => {
                if let Some(id) = &mut stage.certificate {
                    match self.certificates.get(id) {
                        Some(known) => *id = known.clone(),
                        None => _ = self.certificates.insert(id.clone()),
                    }
                }
                self.seen.insert(stage.arn.clone(), self.listing.stages.len());
                self.listing.stages.push(stage);
            }
            Err(problem) => {
                let resource_id = row.get("resourceId").and_then(Value::as_str);
                if self.listing.unreadable.len() >= MAX_UNREADABLE {
                    self.omitted += 1;
                    self.ambiguous.extend(resource_id.and_then(|id| StageArn::parse(id).ok()));
                    return;
                }
                let named = resource_id.map(|id| format!("{}: {problem}", quoted(id)));
                self.listing.unreadable.push(Unreadable {
                    resource_id: resource_id.map(Into::into),
                    api_arn: None,
                    certificates: certificates_of(row),
                    failure: Failure::malformed(self.operation, named.unwrap_or(problem)),
                });
            }
        }
    }

    /// The stages in all rows.
    ///
    /// If a stage has two rows with different facts, the stage is unreadable, and may have the
    /// certificate of either row.
    #[must_use]
    pub(crate) fn listing(self) -> Listing {
        let Self { operation, mut listing, seen, omitted, mut ambiguous, .. } = self;
        for unreadable in &mut listing.unreadable {
            let Some(Ok(arn)) = unreadable.resource_id.as_deref().map(StageArn::parse) else { continue };
            let Some(other) = seen.get(&arn).and_then(|at| listing.stages.get(*at)) else { continue };
            if let Some(certificates) = &mut unreadable.certificates {
                certificates.extend(other.certificate.clone());
            }
            ambiguous.insert(arn);
        }
        if !ambiguous.is_empty() {
            listing.stages.retain(|stage| !ambiguous.contains(&stage.arn));
        }
        if omitted > 0 {
            // These rows may be of any stage with any certificate, so with this entry no
            // certificate counts as unique and no stage as deleted.
            listing.unreadable.push(Unreadable {
                resource_id: None,
                api_arn: None,
                certificates: None,
                failure: Failure::malformed(operation, format!("{omitted} more rows that can't be read")),
            });
        }
        // Up to half of the capacity is unused, which would last as long as the sweep.
        listing.stages.shrink_to_fit();
        listing
    }
}

/// The certificates in an unreadable row, at most one; `None` if they can't be determined.
pub(crate) fn certificates_of(row: &Value) -> Option<Vec<CertificateId>> {
    let configuration = match row.get("configuration").unwrap_or(&Value::Null) {
        Value::Null => return Some(vec![]),
        Value::Object(configuration) => configuration,
        _ => return None,
    };
    let mut certificates = Vec::new();
    for field in STAGE_CERTIFICATES {
        match configuration.get(field.item) {
            None | Some(Value::Null) => {}
            Some(Value::String(id)) if id.is_empty() => {}
            Some(Value::String(id)) => certificates.push(CertificateId::new(id.clone())),
            Some(_) => return None,
        }
    }
    Some(certificates)
}

fn stage(row: &Value) -> Result<Stage, String> {
    let text = |name: &str| {
        row.get(name).and_then(Value::as_str).ok_or_else(|| format!("{name}: missing from a stage's row"))
    };
    let arn = StageArn::parse(text("resourceId")?).map_err(|problem| format!("resourceId: {problem}"))?;
    let resource_type = text("resourceType")?;
    if arn.stage_type().resource_type() != resource_type {
        return Err(format!("resourceId: \"{arn}\" is not of the type {}", quoted(resource_type)));
    }
    // AWS may omit `configuration` if all selected fields are empty.
    let stage = Stage::from_configuration(arn, row.get("configuration").unwrap_or(&Value::Null))?;
    let captured = row.get("configurationItemCaptureTime").and_then(instant_of);
    Ok(Stage { captured, ..stage })
}

/// A capture time, as text in the form that Config's query results use or in seconds since 1970.
fn instant_of(value: &Value) -> Option<Timestamp> {
    optional_instant(value).ok().flatten()
}

/// The protocols in rows of V2 APIs, by API ARN.
#[must_use]
pub(crate) fn read_protocols<'a>(rows: impl IntoIterator<Item = &'a Value>) -> HashMap<String, Protocol> {
    let protocol = |row: &Value| {
        let arn = row.get("resourceId")?.as_str()?.to_owned();
        let is_http = text_member(row.get("configuration")?, "protocolType")?.eq_ignore_ascii_case("HTTP");
        Some((arn, if is_http { Protocol::Http } else { Protocol::WebSocket }))
    };
    rows.into_iter().filter_map(protocol).collect()
}

/// The names in rows of APIs, by API ARN. They are untrusted text.
#[must_use]
pub fn read_api_names<'a>(rows: impl IntoIterator<Item = &'a Value>) -> HashMap<String, String> {
    let name = |row: &Value| {
        let arn = row.get("resourceId")?.as_str()?.to_owned();
        Some((arn, text_member(row.get("configuration")?, "name")?.to_owned()))
    };
    rows.into_iter().filter_map(name).collect()
}

/// The integrations of V2 APIs, as recorded by Config.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Integrations {
    /// Whether any integration of an API is HTTP or of an unknown type, by API id.
    http: HashMap<String, bool>,
    /// Whether there is an integration whose API is unknown, so that no API is certain to be
    /// without HTTP.
    unattributed: bool,
}

impl Integrations {
    /// The integrations in rows of V2 integrations.
    #[must_use]
    pub fn read<'a>(rows: impl IntoIterator<Item = &'a Value>) -> Self {
        let mut integrations = Self::default();
        for configuration in rows.into_iter().map(|row| row.get("configuration").unwrap_or(&Value::Null)) {
            let Some(api) = text_member(configuration, "apiId") else {
                integrations.unattributed = true;
                continue;
            };
            let without_http =
                text_member(configuration, "integrationType").is_some_and(super::export::is_without_http);
            *integrations.http.entry(api.to_owned()).or_default() |= !without_http;
        }
        integrations
    }

    /// The backends that a stage of a WebSocket API may call; undetermined if Config has no
    /// integrations of the API.
    #[must_use]
    pub fn backends(&self, stage: &StageArn) -> Backends {
        match self.http.get(stage.api_id()) {
            Some(true) => Backends::Http { deployment: None, private: false, current: true },
            Some(false) if !self.unattributed => {
                Backends::NoHttp { deployment: None, canary: None, current: true }
            }
            _ => Backends::undetermined(Undetermined::NotRecorded),
        }
    }
}

/// A text field with the name in any case: `apiId` in Config's older resource types, `ApiId` in
/// newer ones.
pub(crate) fn text_member<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    member(object, name).and_then(Value::as_str)
}

/// A field with the name in any case.
pub(crate) fn member<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    let fields = object.as_object()?;
    fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

#[cfg(test)]
#[path = "rows_tests.rs"]
mod tests;
