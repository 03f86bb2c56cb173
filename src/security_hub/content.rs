//! When a finding is imported: if its content has changed, and otherwise once a week.

use jiff::Timestamp;

use crate::security_hub::AwsSecurityFinding;

/// The product field with the digest of a finding's content.
pub(crate) const CONTENT: &str = "stagecert/content";

/// How often an unchanged finding is imported, in seconds. Security Hub deletes an active finding
/// that was not updated for 90 days.
const REFRESH: i64 = 7 * 24 * 60 * 60;

/// A digest of what the finding says. It excludes instants and what a new deployment of the API
/// changes: neither is news.
pub(crate) fn digest(finding: &AwsSecurityFinding, deployment: Option<&str>) -> String {
    let mut hash = Fnv::default();
    let description = match deployment {
        Some(deployment) => finding.description.replace(deployment, ""),
        None => finding.description.clone(),
    };
    let remediation = finding.remediation.as_ref().map(|it| &it.recommendation);
    let texts = [finding.title, &description]
        .into_iter()
        .chain(remediation.into_iter().flat_map(|it| [it.text.as_str(), it.url]))
        .chain(finding.compliance.related_requirements.iter().map(String::as_str))
        .chain(finding.compliance.status_reasons.iter().map(|reason| reason.reason_code.as_str()))
        .chain(finding.resources.iter().flat_map(|resource| [resource.kind, resource.id.as_str()]))
        .chain(
            finding
                .product_fields
                .iter()
                .filter(|(key, _)| *key != CONTENT)
                .flat_map(|(key, value)| [key.as_str(), value.as_str()]),
        );
    for text in texts {
        hash.add(text.as_bytes());
        // No text contains a NUL, so two lists of texts never have the same bytes.
        hash.add(&[0]);
    }
    format!("{:016x}", hash.0)
}

/// Whether an unchanged finding is due: the instant at which it is imported each week, which
/// depends on its `Id`, is between its last update and `at`.
pub(crate) fn is_refresh_due(id: &str, updated_at: Option<Timestamp>, at: Timestamp) -> bool {
    let offset = i64::try_from(hash(id) % REFRESH.unsigned_abs()).unwrap_or_default();
    let week = |instant: Timestamp| (instant.as_second() - offset).div_euclid(REFRESH);
    updated_at.is_none_or(|updated_at| week(updated_at) < week(at))
}

/// A hash that stays the same in every version of the program.
pub(crate) fn hash(text: &str) -> u64 {
    let mut hash = Fnv::default();
    hash.add(text.as_bytes());
    hash.0
}

/// The 64-bit hash FNV-1a.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_hash_is_the_published_one() {
        // Test vectors of the FNV reference implementation.
        assert_eq!(hash(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(hash("a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(hash("foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn an_unchanged_finding_is_due_once_a_week_whatever_the_interval_of_sweeps() {
        let start = at("2026-01-01T08:00:00Z");
        for hours in [1, 3, 24] {
            for n in 0..50 {
                let id = format!("stagecert/{n}");
                let (mut updated, mut due) = (start, Vec::new());
                for sweep in 1..=(8 * 7 * 24 / hours) {
                    let now = start + SignedDuration::from_hours(sweep * hours);
                    if is_refresh_due(&id, Some(updated), now) {
                        due.push(now);
                        updated = now;
                    }
                }
                assert_eq!(due.len(), 8, "{id}, every {hours} hours: {due:?}");
                let gaps = due.windows(2).map(|two| two[1].duration_since(two[0]).as_hours());
                assert!(gaps.clone().all(|gap| gap == 7 * 24), "{id}: {:?}", gaps.collect::<Vec<_>>());
            }
        }
        assert!(is_refresh_due("x", None, start));
    }

    #[test]
    fn refreshes_are_spread_evenly_over_the_week() {
        let start = at("2026-01-01T08:00:00Z");
        let mut per_day = [0_u32; 7];
        for n in 0..7000 {
            let id = format!("stagecert/aws/111122223333/eu-west-1/stage{n}/-/-/owner-tag");
            for (day, count) in (0..).zip(&mut per_day) {
                let from = start + SignedDuration::from_hours(24 * day);
                let is_due = is_refresh_due(&id, Some(from), from + SignedDuration::from_hours(24));
                *count += u32::from(is_due);
            }
        }
        assert_eq!(per_day.iter().sum::<u32>(), 7000);
        assert!(per_day.iter().all(|count| (850..1150).contains(count)), "{per_day:?}");
    }
}
