//! The diff of a configuration item change.

use serde_json::Value;

use crate::Failure;
use crate::checks::subjects::{CertificateField, STAGE_CERTIFICATES};
use crate::event::item::configuration;
use crate::event::raw::RawDiff;
use crate::quote::quoted;
use crate::resources::certificate_id::CertificateId;

/// The changes to a stage that are listed in `configurationItemDiff`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ItemDiff {
    /// The stage's previous certificate, if its id has a recognized form. Other ids can't be used
    /// in a query.
    pub previous_certificate: Option<CertificateId>,
    /// Whether the certificate changed.
    pub touches_certificate: bool,
    /// Whether the deployment changed.
    pub touches_deployment: bool,
}

impl ItemDiff {
    /// Parses a diff. Returns `None` if the diff lists no properties and so doesn't say what
    /// changed.
    ///
    /// A diff lists individual properties or, if the resource was created or deleted, the whole
    /// configuration. Property paths are case-insensitive.
    ///
    /// # Errors
    /// Returns `Malformed` if the previous certificate id is neither a string nor null.
    pub(crate) fn read(raw: &RawDiff) -> Result<Option<Self>, Failure> {
        let Some(properties) = raw.changed_properties.as_ref().filter(|all| !all.is_empty()) else {
            return Ok(None);
        };
        let mut diff = Self::default();
        for (path, change) in properties {
            let malformed = |allowed: &str| {
                let field = format!("invokingEvent.configurationItemDiff.changedProperties.{}", quoted(path));
                Failure::malformed(field, format!("previousValue: allowed: {allowed}"))
            };
            let is_certificate = |field: &CertificateField| path.eq_ignore_ascii_case(field.diff);
            let previous = if STAGE_CERTIFICATES.iter().any(is_certificate) {
                change.previous_value.clone()
            } else if path.eq_ignore_ascii_case("Configuration") {
                diff.touches_deployment = true;
                let configuration = configuration(&change.previous_value)
                    .ok_or_else(|| malformed("an object, a JSON string of one, or null"))?;
                let is_certificate =
                    |name: &str| STAGE_CERTIFICATES.iter().any(|field| name.eq_ignore_ascii_case(field.item));
                let mut fields = configuration.as_object().into_iter().flatten();
                fields
                    .find(|(name, _)| is_certificate(name))
                    .map(|(_, value)| value.clone())
                    .unwrap_or_default()
            } else {
                diff.touches_deployment |= path.eq_ignore_ascii_case("Configuration.DeploymentId");
                continue;
            };
            diff.touches_certificate = true;
            match previous {
                Value::Null => {}
                Value::String(id) if id.is_empty() => {}
                Value::String(id) => {
                    diff.previous_certificate =
                        Some(CertificateId::new(id)).filter(CertificateId::is_recognized);
                }
                _ => return Err(malformed("a string or null")),
            }
        }
        Ok(Some(diff))
    }
}
