//! The results of `stagecert probe` as a document, which later scans read.

use serde::{Deserialize, Serialize};

use crate::Failure;
use crate::event::from_json;
use crate::resources::probe_result::{NotProbed, Probe};

/// The version of the document. Adding a field does not change it.
const VERSION: u32 = 1;
/// The maximum number of results in a document.
const MAX_PROBES: usize = 100_000;

/// The results of probes, as `docs/probe.schema.json` describes them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProbeFile {
    probe_version: u32,
    /// The results, one per host, port and path.
    pub probes: Vec<Probe>,
    /// The backends of the same stages that were not probed, so that no stage passes if only some
    /// of its backends were.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_probed: Vec<NotProbed>,
}

impl ProbeFile {
    /// The document of these results.
    #[must_use]
    pub const fn new(probes: Vec<Probe>, not_probed: Vec<NotProbed>) -> Self {
        Self { probe_version: VERSION, probes, not_probed }
    }

    /// The results in a JSON document. Unknown fields are ignored: a newer version may add some.
    ///
    /// # Errors
    /// `Malformed`, with the field and the allowed values.
    pub fn parse(json: &str) -> Result<Self, Failure> {
        let file: Self = from_json("probes", json)?;
        if file.probe_version != VERSION {
            let problem = format!("{} is not supported; allowed: {VERSION}", file.probe_version);
            return Err(Failure::malformed("probes.probeVersion", problem));
        }
        if file.probes.len() > MAX_PROBES {
            let problem = format!("{} results; allowed: up to {MAX_PROBES}", file.probes.len());
            return Err(Failure::malformed("probes.probes", problem));
        }
        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::resources::probe_result::ProbeVerdict;

    fn probe() -> Value {
        json!({
            "url": "https://api.internal.example.com/", "host": "api.internal.example.com", "port": 443,
            "address": "192.0.2.1", "permitted": true, "verdict": "enforced", "text": "refused", "problems": [],
            "asked": true, "hints": [], "hintCount": 0, "protocol": "TLSv1.3", "server": null,
            "withoutCertificate": {
                "tls13": {"outcome": "refused", "asked": true, "status": null, "alert": 116, "detail": "x"},
                "tls12": null,
            },
            "impostor": null, "stages": [], "at": "2026-11-21T12:00:00Z",
        })
    }

    fn parse(document: &Value) -> Result<ProbeFile, String> {
        ProbeFile::parse(&document.to_string()).map_err(|failure| failure.to_string())
    }

    #[test]
    fn a_document_is_read_back_and_unknown_fields_are_ignored() {
        let mut with_new_field = probe();
        with_new_field["new"] = json!(7);
        let document = json!({"probeVersion": 1, "probes": [with_new_field], "later": []});
        let file = parse(&document).unwrap();
        assert_eq!(file.probes[0].verdict, ProbeVerdict::Enforced);
        assert_eq!(parse(&serde_json::to_value(&file).unwrap()).unwrap(), file);
        assert_eq!(serde_json::to_value(&file.probes[0]).unwrap(), probe());
    }

    #[test]
    fn other_documents_are_refused_and_the_field_is_named() {
        let with = |field: &str, value: Value| {
            let mut probe = probe();
            probe[field] = value;
            json!({"probeVersion": 1, "probes": [probe]})
        };
        for (document, problem) in [
            (json!([]), "probes: not a JSON object"),
            (json!({"probes": []}), "probes: missing field `probeVersion`"),
            (json!({"probeVersion": 2, "probes": []}), "probes.probeVersion: 2 is not supported; allowed: 1"),
            (with("verdict", json!("safe")), "probes.probes[0].verdict: unknown variant `safe`"),
            (with("port", json!(70000)), "probes.probes[0].port: expected u16"),
            (with("at", json!("yesterday")), "probes.probes[0].at: "),
        ] {
            let found = parse(&document).unwrap_err();
            assert!(found.starts_with(problem), "{found}");
        }
    }

    #[test]
    fn a_document_with_too_many_results_is_refused() {
        let probes = vec![probe().to_string(); MAX_PROBES + 1].join(",");
        let document = format!(r#"{{"probeVersion": 1, "probes": [{probes}]}}"#);
        let found = ProbeFile::parse(&document).unwrap_err().to_string();
        assert_eq!(found, "probes.probes: 100001 results; allowed: up to 100000");
    }
}
