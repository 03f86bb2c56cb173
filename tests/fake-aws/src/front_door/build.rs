//! Building a front door: access, domain names and buckets. Everything gets an ID or ARN in AWS's
//! form; the fields can be changed afterwards.

use std::collections::{BTreeMap, BTreeSet};

use super::Access;
use super::buckets::{Bucket, ObjectVersion};
use super::contents::Content;
use super::domains::{AccessAssociation, DomainName, Mapping, RoutingRule};
use crate::world::World;

/// An account and Region.
pub type Place<'p> = (&'p str, &'p str);
/// A key of [`super::FrontDoor::domains`].
pub type DomainKey = (String, String);

impl World {
    /// Changes how an API may be reached, without deploying it.
    ///
    /// # Panics
    /// If there is no such API.
    pub fn set_access(&mut self, api: &str, change: impl FnOnce(&mut Access)) {
        let (account, region) = self.api_homes.get(api).expect("the API exists").clone();
        let apis = &mut self.region_mut(&account, &region).apis;
        change(&mut apis.get_mut(api).expect("the API exists").access);
    }

    /// Changes how an API may be reached, and deploys the change to all of its deployments.
    ///
    /// # Panics
    /// If there is no such API.
    pub fn set_deployed_access(&mut self, api: &str, change: impl FnOnce(&mut Access)) {
        self.set_access(api, change);
        let (account, region) = self.api_homes.get(api).expect("the API exists").clone();
        let api = self.region_mut(&account, &region).apis.get_mut(api).expect("the API exists");
        for deployed in api.deployed_access.values_mut() {
            deployed.clone_from(&api.access);
        }
    }

    /// Adds a custom domain name of a type (`REGIONAL`, `EDGE`, `PRIVATE`), without mappings and
    /// without mutual TLS. It is AVAILABLE, with policy TLS_1_2.
    pub fn add_domain(&mut self, place: Place<'_>, name: &str, endpoint_type: &str) -> DomainKey {
        let id = (endpoint_type == "PRIVATE").then(|| self.word(10));
        let region = self.region_mut(place.0, place.1);
        let arn = match &id {
            Some(id) => {
                let (partition, name_, account) = (&region.partition, &region.name, &region.account);
                format!("arn:{partition}:apigateway:{name_}:{account}:/domainnames/{name}+{id}")
            }
            None => region.apigateway_arn(&format!("/domainnames/{name}")),
        };
        let domain = DomainName {
            name: name.into(),
            id,
            arn,
            endpoint_type: endpoint_type.into(),
            ip_address_type: Some("ipv4".into()),
            certificate: None,
            ownership_certificate: None,
            status: "AVAILABLE".into(),
            status_message: None,
            security_policy: Some("TLS_1_2".into()),
            endpoint_access_mode: None,
            mutual_tls: None,
            policy: None,
            management_policy: None,
            routing_mode: Some("BASE_PATH_MAPPING_ONLY".into()),
            mappings: Vec::new(),
            rules: Vec::new(),
        };
        let key = domain.key();
        region.front_door.domains.insert(key.clone(), domain);
        key
    }

    /// A domain name that can be changed.
    ///
    /// # Panics
    /// If there is no such domain name.
    pub fn domain_mut(&mut self, place: Place<'_>, key: &DomainKey) -> &mut DomainName {
        let domains = &mut self.region_mut(place.0, place.1).front_door.domains;
        domains.get_mut(key).expect("the domain name was added")
    }

    /// Maps a key of a domain name (empty for the root) to a stage; `None` leaves the choice of the
    /// stage to callers.
    pub fn add_mapping(
        &mut self,
        place: Place<'_>,
        domain: &DomainKey,
        key: &str,
        api: &str,
        stage: Option<&str>,
    ) {
        let mapping =
            Mapping { id: self.word(6), key: key.into(), api: api.into(), stage: stage.map(Into::into) };
        self.domain_mut(place, domain).mappings.push(mapping);
    }

    /// Adds a routing rule for a base path (all requests if `None`).
    pub fn add_routing_rule(
        &mut self,
        place: Place<'_>,
        domain: &DomainKey,
        base_path: Option<&str>,
        api: &str,
        stage: &str,
    ) {
        let id = self.word(6);
        let domain = self.domain_mut(place, domain);
        let priority = domain.rules.iter().map(|rule| rule.priority).max().unwrap_or_default() + 1;
        domain.rules.push(RoutingRule {
            id,
            priority,
            api: api.into(),
            stage: stage.into(),
            strip_base_path: false,
            base_paths: base_path.into_iter().map(Into::into).collect(),
            headers: Vec::new(),
        });
    }

    /// Lets a VPC endpoint use a private domain name; returns the association's ARN.
    pub fn associate(&mut self, place: Place<'_>, domain: &DomainKey, endpoint: &str) -> String {
        let id = self.word(10);
        let domain_arn = self.domain_mut(place, domain).arn.clone();
        let region = self.region_mut(place.0, place.1);
        let (partition, name, account) = (&region.partition, &region.name, &region.account);
        let arn = format!(
            "arn:{partition}:apigateway:{name}:{account}:/domainnameaccessassociations/domainname/{}/vpcesource/{id}",
            domain.0
        );
        let association = AccessAssociation { arn: arn.clone(), domain_arn, endpoint: endpoint.into() };
        region.front_door.associations.insert(arn.clone(), association);
        arn
    }

    /// Adds a bucket.
    pub fn add_bucket(&mut self, place: Place<'_>, name: &str, versioned: bool) -> &mut Bucket {
        let bucket = Bucket {
            account: place.0.into(),
            region: place.1.into(),
            versioned,
            readers: BTreeSet::new(),
            denied: false,
            lists: true,
            objects: BTreeMap::new(),
        };
        self.buckets.entry(name.into()).or_insert(bucket)
    }

    /// Uploads an object, or deletes it (`None`); returns the version's ID, which is `null` in a
    /// bucket without versioning.
    ///
    /// # Panics
    /// If there is no such bucket.
    pub fn put_object(&mut self, bucket: &str, key: &str, content: Option<Content>) -> String {
        let (version, modified) = (self.word(32), self.clock.now());
        let bucket = self.buckets.get_mut(bucket).expect("the bucket was added");
        let id = if bucket.versioned { version } else { "null".to_owned() };
        let versions = bucket.objects.entry(key.into()).or_default();
        if !bucket.versioned {
            versions.clear();
        }
        if bucket.versioned || content.is_some() {
            versions.push(ObjectVersion { id: id.clone(), content, modified });
        }
        id
    }
}
