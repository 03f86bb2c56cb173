//! Calls in the query protocol, whose responses are lists in XML.

use std::str::FromStr;

use crate::Failure;
use crate::aws::LiveAccount;
use crate::aws::connect::call::Call;
use crate::aws::connect::form::Form;
use crate::aws::connect::page_tokens::PageTokens;
use crate::aws::connect::service::Service;
use crate::aws::connect::service_endpoint::{EC2, LOAD_BALANCING};
use crate::aws::connect::xml::Element;

/// A query protocol, with the names of its page tokens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Protocol {
    /// Whether the response has its content in an element `…Result`.
    has_result: bool,
    /// The field with the token of the next page.
    next: &'static str,
    /// The parameter with the token.
    token: &'static str,
}

/// Elastic Load Balancing's protocol.
pub(super) const AWS_QUERY: Protocol = Protocol { has_result: true, next: "NextMarker", token: "Marker" };
/// EC2's protocol.
pub(super) const EC2_QUERY: Protocol = Protocol { has_result: false, next: "nextToken", token: "NextToken" };

impl LiveAccount {
    pub(super) fn load_balancing(&self) -> Service {
        self.clients.acm.of(LOAD_BALANCING)
    }

    pub(super) fn ec2(&self) -> Service {
        self.clients.acm.of(EC2)
    }
}

/// The content of a response: the element with the lists and the page token.
pub(super) async fn response(
    call: &Call<'_>,
    service: &Service,
    protocol: Protocol,
    form: Form,
) -> Result<Element, Failure> {
    let content = call.send(service.post_form(call.operation, form)).await?;
    let invalid = |problem: &str| call.invalid_response(format!("invalid response: {problem}"));
    let root = Element::parse(&content.bytes).map_err(invalid)?;
    let unexpected = || invalid("not the expected XML");
    if root.name().strip_suffix("Response") != Some(call.operation) {
        return Err(unexpected());
    }
    if protocol.has_result {
        root.into_child(&format!("{}Result", call.operation)).ok_or_else(unexpected)
    } else {
        Ok(root)
    }
}

/// The items of the list with this name, on all pages. `convert` returns `None` for an item that
/// is not in the expected form.
pub(super) async fn items<T>(
    call: &Call<'_>,
    service: &Service,
    protocol: Protocol,
    form: &Form,
    list: &str,
    convert: fn(&Element) -> Option<T>,
) -> Result<Vec<T>, Failure> {
    let (mut found, mut tokens, mut next) = (Vec::new(), PageTokens::default(), None);
    loop {
        let form = form.clone().with_some(protocol.token, next.as_deref());
        let page = response(call, service, protocol, form).await?;
        for item in page.list(list, convert) {
            found.push(item.ok_or_else(|| call.invalid_response("an item in an unexpected form".into()))?);
        }
        next = page.text(protocol.next).filter(|token| !token.is_empty()).map(str::to_owned);
        tokens.add(next.as_deref()).map_err(|problem| call.invalid_response(problem))?;
        if next.is_none() {
            return Ok(found);
        }
    }
}

/// The text of a child that every item has.
pub(super) fn required(item: &Element, name: &str) -> Option<String> {
    item.text(name).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The text of a child that may be missing or empty.
pub(super) fn optional(item: &Element, name: &str) -> Option<String> {
    required(item, name)
}

/// The value of a child that may be missing or empty.
pub(super) fn value<T: FromStr>(item: &Element, name: &str) -> Result<Option<T>, T::Err> {
    optional(item, name).map(|text| text.parse()).transpose()
}
