use serde_json::Value;

use crate::Failure;
use crate::event::item::configuration;
use crate::event::raw::RawDiff;
use crate::quote::quoted;
use crate::resources::certificate_id::CertificateId;

/// What an item's diff says about a stage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ItemDiff {
    /// The certificate that the stage had before, if its id has a known form: no query can ask about
    /// another.
    pub previous_certificate: Option<CertificateId>,
    /// Whether the certificate changed.
    pub touches_certificate: bool,
    /// Whether the deployment changed.
    pub touches_deployment: bool,
}

impl ItemDiff {
    /// Reads a diff; `None` for one that lists no properties, which says nothing about what changed.
    ///
    /// It lists single properties or, for a resource that was created or deleted, the whole
    /// configuration. Property paths are compared without regard to case.
    ///
    /// # Errors
    /// `Malformed` if the previous certificate has another form than the property's.
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
            let previous = if path.eq_ignore_ascii_case("Configuration.ClientCertificateId") {
                change.previous_value.clone()
            } else if path.eq_ignore_ascii_case("Configuration") {
                diff.touches_deployment = true;
                let configuration = configuration(&change.previous_value)
                    .ok_or_else(|| malformed("an object, a JSON string of one, or null"))?;
                let is_certificate = |name: &str| name.eq_ignore_ascii_case("clientCertificateId");
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
                        Some(CertificateId::new(id)).filter(CertificateId::is_recognised);
                }
                _ => return Err(malformed("a string or null")),
            }
        }
        Ok(Some(diff))
    }
}
