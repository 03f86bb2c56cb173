//! Certificate revocation lists, of which only the next update matters.

use jiff::Timestamp;
use x509_parser::prelude::FromDer as _;
use x509_parser::time::ASN1Time;

use crate::resources::certificate::instant;
use crate::resources::pem;

/// A certificate revocation list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crl {
    /// Its id in the trust store.
    pub id: String,
    /// When the next list is due at the latest; `None` if the list doesn't say.
    pub next_update: Option<Timestamp>,
}

impl Crl {
    /// The list with this id, in DER or PEM; `None` if it can't be parsed or is not complete. Of
    /// several lists in a PEM file, the one with the earliest next update counts.
    #[must_use]
    pub fn parse(id: &str, bytes: &[u8]) -> Option<Self> {
        let lists: Vec<Vec<u8>> = if is_der(bytes) {
            vec![bytes.to_vec()]
        } else {
            let blocks = pem::blocks(bytes).into_iter();
            blocks.map(|block| Some(block.filter(|it| it.label == "X509 CRL")?.der)).collect::<Option<_>>()?
        };
        let mut next_updates = Vec::new();
        for list in lists {
            let (content, rest) = element(&list, SEQUENCE)?;
            next_updates.push(next_update(&list).filter(|_| content.is_complete && rest.is_empty())?.0);
        }
        // A list that doesn't say when the next one is due sorts first.
        Some(Self { id: id.to_owned(), next_update: next_updates.into_iter().min()? })
    }

    /// The list with this id, of which only the first bytes were read: they must include
    /// `nextUpdate`, which is near the start. `None` if they can't be parsed. Of a PEM file, only
    /// the first list is looked at.
    #[must_use]
    pub fn parse_head(id: &str, head: &[u8]) -> Option<Self> {
        let next_update = if is_der(head) {
            next_update(head)?
        } else {
            next_update(&pem::first_bytes(head, "X509 CRL")?)?
        };
        Some(Self { id: id.to_owned(), next_update: next_update.0 })
    }
}

const INTEGER: u8 = 0x02;
const SEQUENCE: u8 = 0x30;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

fn is_der(bytes: &[u8]) -> bool {
    bytes.first() == Some(&SEQUENCE)
}

/// When the next list is due, if a list says so.
struct NextUpdate(Option<Timestamp>);

/// The next update of a list in DER, of which only the start must be there. `None` if it can't be
/// parsed.
fn next_update(list: &[u8]) -> Option<NextUpdate> {
    let (list, _) = element(list, SEQUENCE)?;
    let (to_be_signed, _) = element(list.bytes, SEQUENCE)?;
    let mut fields = to_be_signed.bytes;
    if fields.first() == Some(&INTEGER) {
        fields = complete(fields, INTEGER)?;
    }
    // The algorithm of the signature, and the issuer.
    for _ in 0..2 {
        fields = complete(fields, SEQUENCE)?;
    }
    let (_, fields) = time(fields)?;
    match fields.first() {
        Some(&(UTC_TIME | GENERALIZED_TIME)) => Some(NextUpdate(Some(time(fields)?.0))),
        // What follows if there is no next update: the revoked certificates or extensions.
        Some(&(SEQUENCE | 0xa0)) => Some(NextUpdate(None)),
        Some(_) => None,
        None => to_be_signed.is_complete.then_some(NextUpdate(None)),
    }
}

/// An instant, and what follows it.
fn time(fields: &[u8]) -> Option<(Timestamp, &[u8])> {
    let (rest, time) = ASN1Time::from_der(fields).ok()?;
    Some((instant(i128::from(time.timestamp()) * 1000)?, rest))
}

/// What follows an element that must be there completely.
fn complete(fields: &[u8], tag: u8) -> Option<&[u8]> {
    let (content, rest) = element(fields, tag)?;
    content.is_complete.then_some(rest)
}

struct Content<'a> {
    bytes: &'a [u8],
    is_complete: bool,
}

/// The content of the element at the start of some DER, as far as it is there, and what follows.
fn element(der: &[u8], tag: u8) -> Option<(Content<'_>, &[u8])> {
    let (found, rest) = der.split_first()?;
    let (first, mut rest) = rest.split_first()?;
    let mut length = usize::from(*first);
    if length > 0x80 {
        let (bytes, after) = rest.split_at_checked(length - 0x80).filter(|(bytes, _)| bytes.len() <= 4)?;
        length = bytes
            .iter()
            .try_fold(0_usize, |length, byte| length.checked_mul(256)?.checked_add(usize::from(*byte)))?;
        rest = after;
    } else if length == 0x80 {
        return None;
    }
    let (bytes, after, is_complete) = match rest.split_at_checked(length) {
        Some((bytes, after)) => (bytes, after, true),
        None => (rest, &[][..], false),
    };
    (*found == tag).then_some((Content { bytes, is_complete }, after))
}
