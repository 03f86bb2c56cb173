//! Findings of every kind, with any names, keys and statuses that people or AWS might use.

use proptest::prelude::*;
use proptest::sample::select;
use stagecert::checks::finding::Finding;
use stagecert::checks::owner_tag::{Answer as Owner, Owned, OwnerTagOn, Unowned};
use stagecert::checks::stage::certificate_attached::{Answer as Attached, Backends, Undetermined};
use stagecert::checks::stage::certificate_expiry::Answer as Expiry;
use stagecert::checks::stage::certificate_unique::Answer as Unique;
use stagecert::resources::certificate_id::CertificateId;
use stagecert::resources::stage::DeploymentId;

use crate::cases::instant;
use crate::hostile::hostile_text;

pub(crate) fn certificate_id() -> impl Strategy<Value = CertificateId> {
    let acm = "arn:aws:acm:eu-west-1:111122223333:certificate/[0-9a-f]{8}-[0-9a-f]{4}";
    prop_oneof![4 => "[a-z0-9]{6}", 2 => acm, 1 => hostile_text()].prop_map(CertificateId::new)
}

fn deployment_id() -> impl Strategy<Value = DeploymentId> {
    prop_oneof![4 => "[a-z0-9]{6}", 1 => "[a-z0-9]{1,64}"].prop_map(|text| DeploymentId::new(text).unwrap())
}

fn deployment() -> impl Strategy<Value = Option<DeploymentId>> {
    prop::option::of(deployment_id())
}

pub(crate) fn backends() -> impl Strategy<Value = Backends> {
    let why = select(vec![
        Undetermined::Canary,
        Undetermined::NotRecorded,
        Undetermined::ApiNotRecorded,
        Undetermined::Redeployed,
        Undetermined::LeftToSweep,
    ]);
    prop_oneof![
        (deployment(), any::<bool>())
            .prop_map(|(deployment, private)| { Backends::Http { deployment, private, current: false } }),
        (deployment(), prop::option::weighted(0.2, deployment_id()))
            .prop_map(|(deployment, canary)| { Backends::NoHttp { deployment, canary, current: false } }),
        Just(Backends::Http { deployment: None, private: false, current: true }),
        Just(Backends::NoHttp { deployment: None, canary: None, current: true }),
        Just(Backends::NotAsked),
        (deployment(), prop::option::of(hostile_text())).prop_map(|(deployment, refusal)| {
            Backends::Undetermined { why: Undetermined::NotExportable, deployment, refusal }
        }),
        why.prop_map(Backends::undetermined),
    ]
}

fn attached(backends: Backends) -> impl Strategy<Value = Attached> {
    let of_both = (certificate_id(), Just(backends), hostile_text(), 0..7, deployment_id()).prop_map(
        |(certificate, backends, status, variant, deployment)| match (variant, &backends) {
            (6, _) => {
                let attached = Attached::Attached { certificate, after_deployment: None };
                attached.attached_after(Some(deployment))
            }
            (_, Backends::NoHttp { .. }) => Attached::NoHttpIntegration { backends },
            (0 | 1, _) => Attached::Missing { backends },
            (2, _) => Attached::Dangling { certificate, backends },
            (3, _) => Attached::NotIssued { certificate, status, backends },
            (4, _) => Attached::NotAllowed { certificate, backends },
            _ => Attached::Attached { certificate, after_deployment: None },
        },
    );
    of_both.boxed()
}

fn expiry(backends: Backends) -> impl Strategy<Value = Expiry> {
    let parts = (certificate_id(), instant(), any::<bool>(), 1_u16..=365, 0..7, Just(backends));
    parts.prop_map(|(certificate, not_after, pem_unreadable, window_days, variant, backends)| match variant {
        0 => Expiry::Valid { certificate, not_after, pem_unreadable },
        1 => Expiry::Expired { certificate, not_after, pem_unreadable, backends },
        2 => Expiry::NotYetValid { certificate, not_before: not_after, backends },
        3 => Expiry::Expiring { certificate, not_after, window_days, pem_unreadable, backends },
        4 => Expiry::NoDate { certificate, backends },
        5 => Expiry::Dangling { certificate },
        _ => Expiry::NoCertificate,
    })
}

/// At most ten peers are named; the total is independent of that.
fn unique() -> impl Strategy<Value = Unique> {
    let peers = prop::collection::vec("[a-z0-9]{1,10}/[!#-&(-\\[\\]-~]{1,128}", 1..=10);
    (
        certificate_id(),
        peers,
        prop_oneof![Just(0_usize), Just(9_990), any::<u32>().prop_map(|n| n as usize)],
        0..5,
    )
        .prop_map(|(certificate, peers, more, variant)| match variant {
            0 => Unique::Unique { certificate },
            1 => Unique::SharingAllowed { certificate },
            2 => Unique::NoCertificate,
            _ => Unique::Shared { certificate, peer_count: peers.len() + more, peers },
        })
}

/// A tag key that rule parameters accept: any 1 to 128 characters.
pub(crate) fn tag_key() -> impl Strategy<Value = String> {
    let key =
        hostile_text().prop_map(|text| text.trim().replace(',', "").chars().take(128).collect::<String>());
    prop_oneof![key, "[a-zA-Z:]{1,12}"].prop_filter("a key has a character", |key| !key.is_empty())
}

fn owner() -> impl Strategy<Value = Owner> {
    let on = select(vec![OwnerTagOn::Stage, OwnerTagOn::Certificate]);
    let keys = prop::collection::vec(tag_key(), 1..20);
    let some_keys = || prop::collection::vec(tag_key(), 0..20);
    let unowned = (on, some_keys(), some_keys()).prop_map(|(on, unmatched_keys, near_misses)| Unowned {
        on,
        unmatched_keys,
        near_misses,
    });
    (prop::collection::vec(unowned, 1..=2), keys, 0..5).prop_map(|(unowned, keys, variant)| match variant {
        0 => Owner::NoCertificate,
        4 => Owner::Dangling { certificate: CertificateId::new("a1b2c3".into()) },
        1 => Owner::Owned { owned: vec![Owned { on: OwnerTagOn::Stage, key: keys[0].clone() }] },
        _ => Owner::Unowned { unowned, keys },
    })
}

/// The findings of some checks, in the order of the checks, as with any `checks` parameter.
pub(crate) fn findings() -> impl Strategy<Value = Vec<Finding>> {
    // All for one stage, so the checks have the same information about its backends.
    backends()
        .prop_flat_map(|backends| {
            (
                prop::option::of(attached(backends.clone())),
                prop::option::of(expiry(backends)),
                prop::option::of(unique()),
                prop::option::of(owner()),
            )
        })
        .prop_map(|(attached, expiry, unique, owner)| {
            let attached = attached.map(Finding::CertificateAttached);
            let expiry = expiry.map(Finding::CertificateExpiry);
            let unique = unique.map(Finding::CertificateUnique);
            attached.into_iter().chain(expiry).chain(unique).chain(owner.map(Finding::OwnerTag)).collect()
        })
        .prop_filter("at least one check is made", |findings: &Vec<_>| !findings.is_empty())
}
