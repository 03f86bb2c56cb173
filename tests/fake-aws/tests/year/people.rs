//! What people do to the stages of the year with events, in addition to what they do in every year.

use jiff::{SignedDuration, Timestamp};

use crate::simulation::{ACCOUNT, OWNER, REGION, State, certificate, owner};

/// The stages of the example in the issue: the first one gets one problem after the other, and the
/// second one shares its certificate on day 90.
pub struct Story {
    pub arn: String,
    pub peer: String,
}

impl Story {
    pub fn new(state: &mut State, now: Timestamp) -> Self {
        let mut stage = |n: usize| {
            let api = state.world.create_api(
                ACCOUNT,
                REGION,
                fake_aws::ApiKind::Rest,
                &format!("story-{n}"),
                &["HTTP"],
            );
            let (arn, _) = state.world.create_stage(&api, "prod");
            let certificate = state.issue(now);
            let certificate_arn = state.region().certificates[&certificate].arn.clone();
            state.world.attach_certificate(&arn, &certificate);
            for arn in [&arn, &certificate_arn] {
                state.world.tag(ACCOUNT, REGION, arn, &[(OWNER, "team-story")]);
            }
            state.scripted.insert(arn.clone());
            arn
        };
        Self { arn: stage(1), peer: stage(2) }
    }

    /// Does what happens on a day.
    pub fn act(&self, state: &mut State, day: i64) {
        match day {
            1 => drop(state.world.untag(ACCOUNT, REGION, &self.arn, &[OWNER])),
            40 => delete_certificate(state, &self.arn),
            80 => drop(state.world.detach_certificate(&self.arn)),
            90 => {
                let shared = certificate(state.region(), &self.peer).unwrap().to_owned();
                state.world.attach_certificate(&self.arn, &shared);
            }
            _ => {}
        }
    }
}

/// The mails about the stage of the story in its first 91 days.
pub const STORY: [&str; 4] = [
    "owner-tag failed unowned - -> LOW",
    "certificate-attached failed dangling - -> CRITICAL",
    "certificate-attached fixed attached HIGH -> -",
    "certificate-unique failed shared - -> MEDIUM",
];

fn delete_certificate(state: &mut State, arn: &str) {
    if let Some(id) = certificate(state.region(), arn).map(ToOwned::to_owned) {
        state.world.delete_certificate(ACCOUNT, REGION, &id);
    }
}

/// Up to three changes on each day.
pub fn act(state: &mut State, day: i64, now: Timestamp) {
    let arns: Vec<String> = state.region().stages().map(|(_, stage)| stage.arn.clone()).collect();
    let arns: Vec<String> = arns.into_iter().filter(|arn| !state.scripted.contains(arn)).collect();
    let nth = |n: i64| arns[usize::try_from(n).unwrap() % arns.len()].as_str();
    let arn = nth(day * 37);
    match day % 8 {
        0 => delete_certificate(state, arn),
        1 => {
            let integrations: &[&str] = if day % 16 == 1 { &["MOCK"] } else { &["HTTP"] };
            state.world.redeploy(arn, integrations);
        }
        2 => drop(state.world.detach_certificate(arn)),
        // A certificate that is about to end, or has ended already.
        3 | 6 => {
            let left = [3, 40, 61, 8, -2, 100][usize::try_from(day / 8).unwrap() % 6];
            let id = state.issue(now - SignedDuration::from_hours((365 - left) * 24));
            state.world.attach_certificate(arn, &id);
        }
        4 => {
            // It shares a certificate until day % 8 == 7.
            if let Some(id) = certificate(state.region(), nth(day * 37 + 1)).map(ToOwned::to_owned) {
                state.world.attach_certificate(arn, &id);
            }
        }
        5 => {
            let moved = format!("team-{}", day % 7);
            state.world.tag(ACCOUNT, REGION, arn, &[(OWNER, &moved)]);
        }
        _ => {
            let id = state.issue(now);
            state.world.attach_certificate(nth((day - 3) * 37), &id);
        }
    }
    if day % 3 == 0 {
        repair(state, nth(day * 53), now);
    }
    if day % 6 == 1 {
        tag_certificate(state, nth(day * 41));
    }
}

/// A stage gets a certificate and owners.
fn repair(state: &mut State, arn: &str, now: Timestamp) {
    let is_attached =
        certificate(state.region(), arn).is_some_and(|id| state.region().certificates.contains_key(id));
    if !is_attached {
        let id = state.issue(now);
        state.world.attach_certificate(arn, &id);
    }
    if owner(state.region(), arn).is_none() {
        state.world.tag(ACCOUNT, REGION, arn, &[(OWNER, "team-repair")]);
    }
}

/// A certificate loses its owner, or gets one. Config sends no event.
fn tag_certificate(state: &mut State, arn: &str) {
    let Some(id) = certificate(state.region(), arn) else { return };
    let Some(certificate) = state.region().certificates.get(id) else { return };
    let of = certificate.arn.clone();
    if owner(state.region(), &of).is_some() {
        state.world.untag(ACCOUNT, REGION, &of, &[OWNER]);
    } else {
        state.world.tag(ACCOUNT, REGION, &of, &[(OWNER, "team-certificates")]);
    }
}
