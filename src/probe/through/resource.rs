//! The method of an API's current resources that a request is routed to.

use crate::resources::safe_method::SafeMethod;

/// A method of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceMethod {
    /// The id of the resource.
    pub resource_id: String,
    /// The path of the resource, such as `/orders/{id}` or `/{proxy+}`.
    pub path: String,
    /// The HTTP method, or `ANY`.
    pub method: String,
    /// The type of the integration, such as `HTTP_PROXY`; `None` if there is none.
    pub integration_type: Option<String>,
    /// The URI of the integration, with stage variables as written.
    pub uri: Option<String>,
}

impl ResourceMethod {
    /// Whether the method has an HTTP integration: no other has a backend to which API Gateway
    /// presents a certificate.
    #[must_use]
    pub fn is_http(&self) -> bool {
        self.integration_type.as_deref().is_some_and(|known| matches!(known, "HTTP" | "HTTP_PROXY"))
    }
}

/// The method that API Gateway routes a request to, if any: literal segments take precedence over
/// `{parameters}`, these over `{greedy+}` ones, and a method over `ANY`.
#[must_use]
pub fn routed<'m>(
    methods: &'m [ResourceMethod],
    method: SafeMethod,
    path: &str,
) -> Option<&'m ResourceMethod> {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let named = |it: &ResourceMethod| it.method.eq_ignore_ascii_case(method.as_ref());
    let candidates = methods.iter().filter(|it| named(it) || it.method == "ANY");
    let matching = candidates.filter_map(|it| Some((specificity(&it.path, path)?, named(it), it)));
    matching
        .max_by(|(one, by_name, _), (other, other_by_name, _)| (one, by_name).cmp(&(other, other_by_name)))
        .map(|it| it.2)
}

/// How specific a resource's path is for the path of a request, per segment: 2 for a literal, 1 for
/// a parameter, 0 for a greedy one; `None` if it doesn't match.
fn specificity(template: &str, path: &str) -> Option<Vec<u8>> {
    let mut wanted = path.strip_prefix('/')?.trim_end_matches('/').split('/');
    let mut specificity = Vec::new();
    for segment in template.strip_prefix('/')?.split('/') {
        let actual = wanted.next()?;
        let parameter = segment.strip_prefix('{').and_then(|it| it.strip_suffix('}'));
        match parameter {
            Some(name) if name.ends_with('+') => {
                specificity.push(0);
                return (!actual.is_empty()).then_some(specificity);
            }
            Some(_) if !actual.is_empty() => specificity.push(1),
            None if segment == actual => specificity.push(2),
            _ => return None,
        }
    }
    wanted.next().is_none().then_some(specificity)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn method(path: &str, method: &str) -> ResourceMethod {
        ResourceMethod {
            resource_id: format!("{method} {path}"),
            path: path.into(),
            method: method.into(),
            integration_type: Some("HTTP_PROXY".into()),
            uri: None,
        }
    }

    #[test]
    fn the_most_specific_resource_gets_the_request() {
        let all = [
            method("/", "GET"),
            method("/{proxy+}", "ANY"),
            method("/orders", "GET"),
            method("/orders", "ANY"),
            method("/orders/{id}", "GET"),
            method("/orders/health", "GET"),
            method("/orders/{id}/{rest+}", "ANY"),
            method("/admin", "POST"),
        ];
        for (path, expected) in [
            ("/", Some("GET /")),
            ("/orders", Some("GET /orders")),
            ("/orders/", Some("GET /orders")),
            ("/orders?x=/1", Some("GET /orders")),
            ("/orders/7", Some("GET /orders/{id}")),
            ("/orders/health", Some("GET /orders/health")),
            ("/orders/7/items/8", Some("ANY /orders/{id}/{rest+}")),
            ("/admin", Some("ANY /{proxy+}")),
            ("/x/y", Some("ANY /{proxy+}")),
            ("orders", None),
        ] {
            let found = routed(&all, SafeMethod::Get, path).map(|it| it.resource_id.as_str());
            assert_eq!(found, expected, "{path}");
        }
        assert_eq!(routed(&all, SafeMethod::Head, "/orders").unwrap().resource_id, "ANY /orders");
        assert_eq!(routed(&all[..1], SafeMethod::Get, "/x"), None);
        assert_eq!(routed(&all[1..2], SafeMethod::Get, "/"), None);
    }

    #[test]
    fn only_http_integrations_have_a_backend() {
        for (kind, expected) in [
            (Some("HTTP"), true),
            (Some("HTTP_PROXY"), true),
            (Some("AWS_PROXY"), false),
            (Some("MOCK"), false),
            (None, false),
        ] {
            let method = ResourceMethod { integration_type: kind.map(Into::into), ..method("/", "GET") };
            assert_eq!(method.is_http(), expected, "{kind:?}");
        }
    }
}
