//! Which calls of a scan are denied.

use crate::Failure;
use crate::account::{Account, rows};
use crate::aws::LiveAccount;
use crate::resources::certificate_id::CertificateId;
use crate::resources::stage_arn::StageArn;

impl LiveAccount {
    /// The failures of one small call per operation that a scan may need, so that someone whose
    /// first call is denied learns of the others too. Nothing that the calls name has to exist.
    pub async fn probe_permissions(&self) -> Vec<Failure> {
        let region = &self.account_region;
        let stage = StageArn::of_rest_api(&region.partition, &region.region, "stagecert0", "stagecert").ok();
        let acm = format!(
            "arn:{}:acm:{}:{}:certificate/00000000-0000-0000-0000-000000000000",
            region.partition, region.region, region.account
        );
        let acm = CertificateId::new(acm);
        let tagged: Vec<String> = stage.iter().map(|stage| stage.as_str().to_owned()).collect();
        let (query, certificates, tags, described, rest_apis, exported, live) = tokio::join!(
            self.one_row(),
            self.one_client_certificate(),
            self.tags(&tagged),
            self.acm_detail(&acm),
            self.one_rest_api(),
            async {
                match &stage {
                    Some(stage) => self.export(stage, "integrations").await.map(|_| ()),
                    None => Ok(()),
                }
            },
            async {
                match &stage {
                    Some(stage) => self.stage_of_api(stage).await.map(|_| ()),
                    None => Ok(()),
                }
            },
        );
        let failures = [
            query.err(),
            certificates.err(),
            tags.err(),
            described.err(),
            rest_apis.err(),
            exported.err(),
            live.err(),
        ];
        failures.into_iter().flatten().collect()
    }

    async fn one_row(&self) -> Result<(), Failure> {
        let call = self.call("SelectResourceConfig", "all stages");
        let request = self.clients.config.select_resource_config().expression(rows::all_stages()).limit(1);
        call.send(request.send()).await.map(|_| ())
    }

    async fn one_client_certificate(&self) -> Result<(), Failure> {
        let call = self.call("GetClientCertificates", "all client certificates");
        call.send(self.clients.apigateway.get_client_certificates().limit(1).send()).await.map(|_| ())
    }

    async fn one_rest_api(&self) -> Result<(), Failure> {
        let call = self.call("GetRestApis", "all REST APIs");
        call.send(self.clients.apigateway.get_rest_apis().limit(1).send()).await.map(|_| ())
    }
}
