//! The state of a rotation, in tags on the new certificate.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;

use crate::quote::quoted;
use crate::resources::certificate_id::{CertificateId, CertificateKind};
use crate::resources::tags::Tags;

/// The tag with the id of the old certificate.
pub const REPLACES: &str = "stagecert:replaces";
/// The tag with the stages; further ones are `stagecert:stages-2` and so on.
pub const STAGES: &str = "stagecert:stages";
/// The tag with the instant of the test that all stages passed.
pub const TESTED: &str = "stagecert:tested";
/// The tag with the instant at which all stages had the new certificate.
pub const SWITCHED: &str = "stagecert:switched";
/// The tag that remains after the rotation: `START/END`.
pub const ROTATED: &str = "stagecert:rotated";
/// The beginning of the keys of all tags above.
pub(crate) const PREFIX: &str = "stagecert:";

/// The maximum number of tags of a resource (AWS, "Tag naming limits and requirements").
pub const MAX_TAGS: usize = 50;
/// The maximum length of a tag's value in characters.
const MAX_VALUE: usize = 256;
/// The tags that later steps add: [`TESTED`], [`SWITCHED`] and [`ROTATED`].
const LATER_TAGS: usize = 3;
/// The word after the instant of a test in which a stage accepted a request without a certificate.
const NOT_ENFORCED: &str = "not-enforced";

/// The state of a rotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The old certificate.
    pub replaces: CertificateId,
    /// The stages as `API/STAGE`, sorted.
    pub stages: Vec<String>,
    /// The last test, if all stages passed it.
    pub tested: Option<Tested>,
    /// When all stages had the new certificate.
    pub switched: Option<Timestamp>,
    /// The start and the end of the rotation. `finish` was interrupted if the other tags still
    /// exist.
    pub rotated: Option<Rotated>,
}

/// A test that all stages passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tested {
    /// When the test started.
    pub at: Timestamp,
    /// Whether every stage's backend refused the request without a certificate.
    pub enforced: bool,
}

/// The start and the end of a rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// When the new certificate was created.
    pub start: Timestamp,
    /// When the old certificate was deleted.
    pub end: Timestamp,
}

/// A tag that has not the form that `stagecert rotate` writes. Nothing is done with its rotation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("tag {tag} of certificate {certificate}: {problem}")]
pub struct TagProblem {
    /// The certificate that has the tag.
    pub certificate: CertificateId,
    /// The tag's key.
    pub tag: String,
    /// What is wrong and what is allowed.
    pub problem: String,
}

impl State {
    /// The state at the start of a rotation.
    #[must_use]
    pub fn started(replaces: CertificateId, mut stages: Vec<String>) -> Self {
        stages.sort();
        stages.dedup();
        Self { replaces, stages, tested: None, switched: None, rotated: None }
    }

    /// The state in the tags of a certificate, or `None` if it isn't part of a rotation in
    /// progress.
    ///
    /// # Errors
    /// The first tag that is missing, unknown or malformed.
    pub fn read(certificate: &CertificateId, tags: &Tags) -> Result<Option<Self>, TagProblem> {
        let own: BTreeMap<&str, &str> = tags.iter().filter(|(key, _)| key.starts_with(PREFIX)).collect();
        if !own.keys().any(|key| is_of_rotation(key)) {
            return Ok(None);
        }
        let reader = Reader { certificate, own: &own };
        if let Some(key) = own.keys().find(|key| !is_known(key)) {
            return Err(reader.problem(key, "unknown; allowed: the tags that `stagecert rotate` writes"));
        }
        Ok(Some(Self {
            replaces: reader.replaces()?,
            stages: reader.stages()?,
            tested: reader.tested()?,
            switched: reader.instant(SWITCHED)?,
            rotated: reader.rotated()?,
        }))
    }

    /// The tags of this state, as `stagecert:stages` if they fit into one tag.
    #[must_use]
    pub fn tags(&self) -> Vec<(String, String)> {
        let mut tags = vec![(REPLACES.to_owned(), self.replaces.as_str().to_owned())];
        tags.extend(stage_tags(&self.stages));
        tags.extend(self.tested.map(|tested| (TESTED.to_owned(), tested.to_string())));
        tags.extend(self.switched.map(|at| (SWITCHED.to_owned(), at.to_string())));
        tags.extend(self.rotated.map(|rotated| (ROTATED.to_owned(), rotated.to_string())));
        tags
    }

    /// The keys of the tags that are removed at the end of the rotation.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.tags().into_iter().map(|(key, _)| key).filter(|key| key != ROTATED).collect()
    }

    /// The tags of the new certificate: those of the old one and the state.
    ///
    /// # Errors
    /// The number of tags that would be needed, if it is more than [`MAX_TAGS`].
    pub fn tags_with(&self, old: &Tags) -> Result<Vec<(String, String)>, usize> {
        // AWS reserves keys that start with `aws:` for its services.
        let copied = old.iter().filter(|(key, _)| !key.starts_with(PREFIX) && !key.starts_with("aws:"));
        let mut tags: Vec<_> = copied.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        tags.extend(self.tags());
        let needed = tags.len() + LATER_TAGS;
        if needed > MAX_TAGS { Err(needed) } else { Ok(tags) }
    }
}

impl std::fmt::Display for Tested {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.at)?;
        if self.enforced { Ok(()) } else { write!(f, " {NOT_ENFORCED}") }
    }
}

impl std::fmt::Display for Rotated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.start, self.end)
    }
}

/// The start and the end of the rotation that created a certificate, or `None` if there was none or
/// the tag is malformed.
#[must_use]
pub fn rotated(tags: &Tags) -> Option<Rotated> {
    let (start, end) = tags.value(ROTATED)?.split_once('/')?;
    Some(Rotated { start: start.parse().ok()?, end: end.parse().ok()? })
}

/// Whether a stage can be part of a tag's value: AWS allows letters, digits, spaces and
/// `_.:/=+-@` in it.
#[must_use]
pub(crate) fn fits_in_tag(label: &str) -> bool {
    label.len() <= MAX_VALUE
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.:/=+-@".contains(&byte))
}

/// Whether a tag's presence shows that a rotation is in progress.
fn is_of_rotation(key: &str) -> bool {
    matches!(key, REPLACES | TESTED | SWITCHED) || key.starts_with(STAGES)
}

fn is_known(key: &str) -> bool {
    let number = key.strip_prefix(STAGES).and_then(|rest| rest.strip_prefix('-'));
    let is_further =
        number.and_then(|number| number.parse::<usize>().ok().filter(|it| it.to_string() == number));
    matches!(key, REPLACES | STAGES | TESTED | SWITCHED | ROTATED)
        || is_further.is_some_and(|number| (2..=MAX_TAGS).contains(&number))
}

fn stage_tags(stages: &[String]) -> impl Iterator<Item = (String, String)> {
    let mut values: Vec<String> = Vec::new();
    for stage in stages {
        match values.last_mut() {
            Some(value) if value.len() + 1 + stage.len() <= MAX_VALUE => {
                let _ = write!(value, " {stage}");
            }
            _ => values.push(stage.clone()),
        }
    }
    values.into_iter().enumerate().map(|(at, value)| (stages_key(at), value))
}

/// The key of the tag with the stages number `at`, counted from 0.
fn stages_key(at: usize) -> String {
    if at == 0 { STAGES.to_owned() } else { format!("{STAGES}-{}", at + 1) }
}

/// The tags of one certificate whose keys start with [`PREFIX`].
struct Reader<'t> {
    certificate: &'t CertificateId,
    own: &'t BTreeMap<&'t str, &'t str>,
}

impl Reader<'_> {
    fn problem(&self, tag: &str, problem: impl Into<String>) -> TagProblem {
        TagProblem { certificate: self.certificate.clone(), tag: quoted(tag), problem: problem.into() }
    }

    fn malformed(&self, tag: &str, value: &str, allowed: &str) -> TagProblem {
        self.problem(tag, format!("\"{}\" is not allowed; allowed: {allowed}", quoted(value)))
    }

    fn required(&self, tag: &str) -> Result<&str, TagProblem> {
        self.own
            .get(tag)
            .copied()
            .ok_or_else(|| self.problem(tag, "missing, although a rotation is in progress"))
    }

    fn replaces(&self) -> Result<CertificateId, TagProblem> {
        let value = self.required(REPLACES)?;
        let id = CertificateId::new(value.to_owned());
        if id.kind() != CertificateKind::Generated || id == *self.certificate {
            return Err(self.malformed(REPLACES, value, "the id of another generated certificate"));
        }
        Ok(id)
    }

    fn stages(&self) -> Result<Vec<String>, TagProblem> {
        let count = self.own.keys().filter(|key| key.starts_with(STAGES)).count();
        let mut stages = Vec::new();
        for at in 0..count.max(1) {
            let key = stages_key(at);
            let value = self.required(&key)?;
            for label in value.split(' ') {
                let is_label = label.split_once('/').is_some_and(|(api, name)| {
                    let is_api = !api.is_empty() && api.bytes().all(|byte| byte.is_ascii_alphanumeric());
                    is_api && !name.is_empty() && !name.contains('/') && fits_in_tag(name)
                });
                if !is_label || stages.iter().any(|known| known == label) {
                    return Err(self.malformed(&key, value, "API/STAGE, each once, separated by spaces"));
                }
                stages.push(label.to_owned());
            }
        }
        stages.sort();
        Ok(stages)
    }

    fn tested(&self) -> Result<Option<Tested>, TagProblem> {
        let Some(value) = self.own.get(TESTED) else { return Ok(None) };
        let (instant, word) = value.split_once(' ').map_or((*value, None), |(one, word)| (one, Some(word)));
        match (instant.parse(), word) {
            (Ok(at), None) => Ok(Some(Tested { at, enforced: true })),
            (Ok(at), Some(NOT_ENFORCED)) => Ok(Some(Tested { at, enforced: false })),
            _ => Err(self.malformed(TESTED, value, "an instant, or an instant and `not-enforced`")),
        }
    }

    fn instant(&self, tag: &str) -> Result<Option<Timestamp>, TagProblem> {
        let Some(value) = self.own.get(tag) else { return Ok(None) };
        let instant = value.parse().map(Some);
        instant.map_err(|_| self.malformed(tag, value, "an instant, such as 2026-11-21T12:00:00Z"))
    }

    fn rotated(&self) -> Result<Option<Rotated>, TagProblem> {
        let Some(value) = self.own.get(ROTATED) else { return Ok(None) };
        let tags = [(ROTATED.to_owned(), (*value).to_owned())].into_iter().collect();
        let read = rotated(&tags).map(Some);
        read.ok_or_else(|| self.malformed(ROTATED, value, "two instants, as START/END"))
    }
}

#[cfg(test)]
#[path = "rotation_state_tests.rs"]
mod tests;
