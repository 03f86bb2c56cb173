//! Rows of Config's advanced queries: the expressions that ask for them, and what they say.
//!
//! A row is a JSON object; a live account has it as a string, a snapshot as itself.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use serde_json::Value;

use crate::Failure;
use crate::account::listing::{Listing, Unreadable};
use crate::checks::stage::certificate_attached::{Backends, Undetermined};
use crate::event::optional_instant;
use crate::quote::quoted;
use crate::resources::api::Protocol;
use crate::resources::certificate_id::CertificateId;
use crate::resources::stage::Stage;
use crate::resources::stage_arn::{StageArn, StageType};

const STAGE_FIELDS: &str = "SELECT resourceId, resourceType, configuration.clientCertificateId, \
     configuration.deploymentId, configuration.canarySettings.deploymentId, configuration.createdDate, \
     configurationItemCaptureTime WHERE resourceType";

/// Asks for all stages of both types.
#[must_use]
pub fn all_stages() -> String {
    format!(
        "{STAGE_FIELDS} IN ('{}', '{}')",
        StageType::RestApi.resource_type(),
        StageType::ApiV2.resource_type()
    )
}

/// Asks for the stages of one type.
#[must_use]
pub fn stages_of(stage_type: StageType) -> String {
    format!("{STAGE_FIELDS} = '{}'", stage_type.resource_type())
}

/// Asks for the stages that have a certificate, or `None` for an id whose form can't stand in a query.
#[must_use]
pub fn stages_with(certificate: &CertificateId) -> Option<String> {
    let expression =
        || format!("{} AND configuration.clientCertificateId = '{}'", all_stages(), certificate.as_str());
    certificate.is_recognized().then(expression)
}

/// Asks for the protocols of V2 APIs: of one, by its ARN as a [`StageArn`] holds it, or of all.
#[must_use]
pub fn protocols(api_arn: Option<&str>) -> String {
    let all = "SELECT resourceId, configuration.protocolType WHERE resourceType = 'AWS::ApiGatewayV2::Api'";
    match api_arn {
        Some(arn) => format!("{all} AND resourceId = '{arn}'"),
        None => all.into(),
    }
}

/// Asks for the integrations of V2 APIs. The whole configuration: the spelling of its fields is not documented.
pub const INTEGRATIONS: &str =
    "SELECT resourceId, configuration WHERE resourceType = 'AWS::ApiGatewayV2::Integration'";

/// Reads rows of stages.
#[must_use]
pub fn listing<'a>(rows: impl IntoIterator<Item = &'a Value>) -> Listing {
    listing_of("SelectResourceConfig", rows)
}

/// The same of another operation's rows, which failures name.
pub(crate) fn listing_of<'a>(operation: &'static str, rows: impl IntoIterator<Item = &'a Value>) -> Listing {
    let mut stages = StageRows::new(operation);
    rows.into_iter().for_each(|row| stages.add(row));
    stages.listing()
}

/// Rows of stages that come page by page: each is read at once, and none is kept.
#[derive(Debug)]
pub struct StageRows {
    operation: &'static str,
    listing: Listing,
    seen: HashMap<StageArn, usize>,
    /// Many stages have one certificate, whose text is kept once.
    certificates: HashSet<CertificateId>,
    /// Rows that can't be read, beyond those that are kept, and the stages that they are of.
    uncounted: usize,
    in_doubt: HashSet<StageArn>,
}

/// How many rows that can't be read are kept, each with why. More of them are counted: a file of nothing else would take a
/// hundred times its size.
const MAX_UNREADABLE: usize = 1000;

impl StageRows {
    /// No rows yet of `operation`, which failures name.
    #[must_use]
    pub fn new(operation: &'static str) -> Self {
        let (listing, seen, certificates) = (Listing::default(), HashMap::new(), HashSet::new());
        Self { operation, listing, seen, certificates, uncounted: 0, in_doubt: HashSet::new() }
    }

    /// Reads one row.
    pub fn add(&mut self, row: &Value) {
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
                Some(_) => Err(format!("\"{}\" is listed twice, and not the same", stage.arn)),
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
                    self.uncounted += 1;
                    self.in_doubt.extend(resource_id.and_then(|id| StageArn::parse(id).ok()));
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

    /// The stages of all rows. Which of two rows is right can't be told: then neither counts, and the stage may have the
    /// certificate of either.
    #[must_use]
    pub fn listing(self) -> Listing {
        let Self { operation, mut listing, seen, uncounted, in_doubt, .. } = self;
        let mut twice = in_doubt;
        for unreadable in &mut listing.unreadable {
            let Some(Ok(arn)) = unreadable.resource_id.as_deref().map(StageArn::parse) else { continue };
            let Some(other) = seen.get(&arn).and_then(|at| listing.stages.get(*at)) else { continue };
            if let Some(certificates) = &mut unreadable.certificates {
                certificates.extend(other.certificate.clone());
            }
            twice.insert(arn);
        }
        if !twice.is_empty() {
            listing.stages.retain(|stage| !twice.contains(&stage.arn));
        }
        if uncounted > 0 {
            // They may be of any stage and have any certificate, so no certificate counts as unique, and no stage as gone.
            listing.unreadable.push(Unreadable {
                resource_id: None,
                api_arn: None,
                certificates: None,
                failure: Failure::malformed(operation, format!("{uncounted} more rows that can't be read")),
            });
        }
        // Doubling leaves up to half of it unused for as long as the sweep lasts.
        listing.stages.shrink_to_fit();
        listing
    }
}

/// The certificate of a row that can't be read as a whole, if it has one; `None` where not even that can be told.
pub(crate) fn certificates_of(row: &Value) -> Option<Vec<CertificateId>> {
    match row.get("configuration").unwrap_or(&Value::Null) {
        Value::Null => Some(vec![]),
        Value::Object(configuration) => match configuration.get("clientCertificateId") {
            None | Some(Value::Null) => Some(vec![]),
            Some(Value::String(id)) if id.is_empty() => Some(vec![]),
            Some(Value::String(id)) => Some(vec![CertificateId::new(id.clone())]),
            Some(_) => None,
        },
        _ => None,
    }
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
    // A row whose selected fields are all empty may leave `configuration` out.
    let stage = Stage::from_configuration(arn, row.get("configuration").unwrap_or(&Value::Null))?;
    let captured = row.get("configurationItemCaptureTime").and_then(instant_of);
    Ok(Stage { captured, ..stage })
}

/// A capture time, as Config's query results spell it or as a number of seconds since 1970.
fn instant_of(value: &Value) -> Option<Timestamp> {
    optional_instant(value).ok().flatten()
}

/// Reads rows of V2 APIs into protocols by API ARN.
#[must_use]
pub fn read_protocols<'a>(rows: impl IntoIterator<Item = &'a Value>) -> HashMap<String, Protocol> {
    let protocol = |row: &Value| {
        let arn = row.get("resourceId")?.as_str()?.to_owned();
        let is_http = field(row.get("configuration")?, "protocolType")?.eq_ignore_ascii_case("HTTP");
        Some((arn, if is_http { Protocol::Http } else { Protocol::WebSocket }))
    };
    rows.into_iter().filter_map(protocol).collect()
}

/// The integrations of V2 APIs, as far as Config records them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Integrations {
    /// By API id: whether one of them is HTTP or of an unknown type.
    http: HashMap<String, bool>,
    /// There are some whose API can't be told, so that nothing is known for sure of any API.
    unattributed: bool,
}

impl Integrations {
    /// Reads rows of integrations.
    #[must_use]
    pub fn read<'a>(rows: impl IntoIterator<Item = &'a Value>) -> Self {
        let mut integrations = Self::default();
        for configuration in rows.into_iter().map(|row| row.get("configuration").unwrap_or(&Value::Null)) {
            let Some(api) = field(configuration, "apiId") else {
                integrations.unattributed = true;
                continue;
            };
            let without_http =
                field(configuration, "integrationType").is_some_and(super::export::is_without_http);
            *integrations.http.entry(api.to_owned()).or_default() |= !without_http;
        }
        integrations
    }

    /// What a WebSocket API's stage may call. What Config does not tell counts as HTTP.
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

/// A text field, whether spelled as in Config's older types (`apiId`) or its newer ones (`ApiId`).
fn field<'a>(configuration: &'a Value, name: &str) -> Option<&'a str> {
    let fields = configuration.as_object()?;
    fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).and_then(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ARN: &str = "arn:aws:apigateway:eu-west-1::/apis/w1/stages/live";

    #[test]
    fn only_ids_of_a_known_form_enter_an_expression() {
        let expression = |id: &str| stages_with(&CertificateId::new(id.into()));
        assert!(expression("abc123").unwrap().ends_with("AND configuration.clientCertificateId = 'abc123'"));
        assert_eq!(expression("x' OR resourceType = 'AWS::IAM::User"), None);
        assert_eq!(expression("a b"), None);
    }

    #[test]
    fn a_stage_row_without_certificate_has_none_and_a_bad_row_is_kept_apart() {
        let good = json!({"resourceId": ARN, "resourceType": "AWS::ApiGatewayV2::Stage"});
        let other = ARN.replace("live", "other");
        let wrong_type = json!({"resourceId": other, "resourceType": "AWS::ApiGateway::Stage"});
        let listing = listing([&good, &wrong_type, &json!({})]);
        assert_eq!((listing.stages.len(), listing.unreadable.len()), (1, 2));
        assert_eq!(listing.stages[0].certificate, None);
        assert_eq!(listing.unreadable[0].resource_id, Some(other));
        assert_eq!(listing.unreadable[0].certificates, Some(vec![]));
    }

    #[test]
    fn a_stage_listed_twice_counts_once_and_not_at_all_where_the_rows_differ() {
        let row = |id: &str| {
            let configuration = json!({"clientCertificateId": id});
            json!({"resourceId": ARN, "resourceType": "AWS::ApiGatewayV2::Stage", "configuration": configuration})
        };
        let same = listing([&row("abc123"), &row("abc123")]);
        assert_eq!((same.stages.len(), same.unreadable.len()), (1, 0));
        let differing = listing([&row("abc123"), &row("def456")]);
        assert_eq!((differing.stages.len(), differing.unreadable.len()), (0, 1));
        let both = ["def456", "abc123"].map(|id| CertificateId::new(id.into()));
        assert_eq!(differing.unreadable[0].certificates, Some(both.to_vec()));
    }

    #[test]
    fn rows_that_cannot_be_read_are_named_to_a_limit_and_then_counted() {
        let row = |name: &str, id: &Value| {
            let configuration = json!({"clientCertificateId": id});
            let arn = ARN.replace("live", name);
            json!({"resourceId": arn, "resourceType": "AWS::ApiGatewayV2::Stage", "configuration": configuration})
        };
        let mut rows = vec![row("good", &"abc123".into()), row("live", &"abc123".into())];
        rows.extend(vec![json!({}); MAX_UNREADABLE]);
        let at_the_limit = listing(&rows);
        assert_eq!((at_the_limit.stages.len(), at_the_limit.unreadable.len()), (2, MAX_UNREADABLE));

        // Whether the stage of one that is only counted has that certificate can't be told, so that it has none of the rows.
        rows.extend([row("live", &"def456".into()), row("late", &7.into()), row("late", &"abc123".into())]);
        let beyond = listing(&rows);
        let stages: Vec<&str> = beyond.stages.iter().map(|stage| stage.arn.stage_name()).collect();
        assert_eq!(stages, ["good"]);
        let [.., last] = beyond.unreadable.as_slice() else { panic!("{beyond:?}") };
        assert_eq!(beyond.unreadable.len(), MAX_UNREADABLE + 1);
        assert_eq!((&last.resource_id, &last.certificates), (&None, &None));
        assert_eq!(last.failure.to_string(), "SelectResourceConfig: 2 more rows that can't be read");
    }

    #[test]
    fn the_certificate_of_a_row_that_cannot_be_read_is_told_where_it_can_be() {
        let canary = json!({"deploymentId": 5});
        for (configuration, certificates) in [
            (json!({"canarySettings": canary}), Some(vec![])),
            (json!({"canarySettings": canary, "clientCertificateId": ""}), Some(vec![])),
            (json!({"canarySettings": canary, "clientCertificateId": "abc123"}), Some(vec!["abc123"])),
            (json!({"clientCertificateId": ["abc123"]}), None),
        ] {
            let row = json!({
                "resourceId": ARN, "resourceType": "AWS::ApiGatewayV2::Stage", "configuration": configuration,
            });
            let listing = listing([&row]);
            let found = listing.unreadable[0].certificates.as_ref();
            let found = found.map(|ids| ids.iter().map(CertificateId::as_str).collect::<Vec<_>>());
            assert_eq!(found, certificates, "{row}");
        }
    }

    #[test]
    fn what_is_not_told_counts_as_websocket_with_http_backends() {
        let protocols = read_protocols(&[
            json!({"resourceId": "h", "configuration": {"protocolType": "HTTP"}}),
            json!({"resourceId": "w", "configuration": {"ProtocolType": "WEBSOCKET"}}),
            json!({"resourceId": "n", "configuration": {"protocolType": "NEW"}}),
            json!({"resourceId": "untold"}),
        ]);
        assert_eq!(protocols.get("h"), Some(&Protocol::Http));
        assert_eq!(protocols.get("n"), Some(&Protocol::WebSocket));
        assert_eq!(protocols.get("untold"), None);

        let stage = StageArn::parse(ARN).unwrap();
        let told = |rows: &[Value]| Integrations::read(rows).backends(&stage);
        let lambda = json!({"configuration": {"ApiId": "w1", "IntegrationType": "AWS_PROXY"}});
        let http = json!({"configuration": {"apiId": "w1", "integrationType": "HTTP_PROXY"}});
        let nameless = json!({"configuration": {"integrationType": "MOCK"}});
        let untyped = json!({"configuration": {"apiId": "w1"}});
        let undetermined = Backends::undetermined(Undetermined::NotRecorded);
        assert_eq!(told(&[]), undetermined);
        assert!(matches!(told(std::slice::from_ref(&lambda)), Backends::NoHttp { current: true, .. }));
        assert!(matches!(told(&[lambda.clone(), http]), Backends::Http { current: true, .. }));
        assert_eq!(told(&[lambda.clone(), nameless]), undetermined);
        assert!(matches!(told(&[lambda, untyped]), Backends::Http { current: true, .. }));
    }
}
