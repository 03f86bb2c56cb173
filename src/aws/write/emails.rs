//! The mailer's table in `DynamoDB`, and its topics in SNS.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use crate::Failure;
use crate::aws::Aws;
use crate::aws::connect::call::Call;
use crate::aws::connect::form::Form;
use crate::aws::connect::page_tokens::PageTokens;
use crate::aws::connect::service::{Operation, Service};
use crate::aws::connect::service_endpoint::{DYNAMODB, SNS};
use crate::deadline::Deadline;
use crate::mailer::store::{Item, Store, Topics, Write};
use crate::resources::account_region::AccountRegion;

const QUERY: Operation = Operation { name: "Query", path: "/", target: Some("DynamoDB_20120810.Query") };
const WRITE: Operation =
    Operation { name: "TransactWriteItems", path: "/", target: Some("DynamoDB_20120810.TransactWriteItems") };
const PUBLISH: &str = "Publish";
const SNS_VERSION: &str = "2010-03-31";
const CANCELED: &str = "TransactionCanceledException";
/// The reason of a canceled transaction, which its message contains.
const EXISTS: &str = "ConditionalCheckFailed";

/// The table and the topics of the mailer in its own account and Region.
#[derive(Debug)]
pub struct LiveEmails<'a> {
    dynamodb: Service,
    sns: Service,
    table: &'a str,
    account_region: &'a AccountRegion,
    deadline: Deadline,
}

impl<'a> LiveEmails<'a> {
    /// Uses the credentials of the process.
    #[must_use]
    pub fn new(aws: &Aws, table: &'a str, account_region: &'a AccountRegion, deadline: Deadline) -> Self {
        let service = |name| Service::new(name, &aws.base, None, &aws.counter);
        Self { dynamodb: service(DYNAMODB), sns: service(SNS), table, account_region, deadline }
    }

    fn call(&'a self, operation: &'static str, resource: &'a str) -> Call<'a> {
        let limit = self.deadline.puts();
        Call { operation, resource, account_region: self.account_region, limit }
    }

    fn change(&self, write: &Write, now: Timestamp) -> Value {
        let put = |item: &Item| {
            json!({
                "pk": {"S": item.partition},
                "sk": {"S": item.sort},
                "text": {"S": item.text},
                "expires": {"N": item.expires.as_second().to_string()},
            })
        };
        match write {
            Write::Put(item) => json!({"Put": {"TableName": self.table, "Item": put(item)}}),
            Write::PutNew(item) => json!({"Put": {
                "TableName": self.table,
                "Item": put(item),
                // The table deletes items some time after they have expired.
                "ConditionExpression": "attribute_not_exists(pk) OR expires <= :now",
                "ExpressionAttributeValues": {":now": {"N": now.as_second().to_string()}},
            }}),
            Write::Delete { partition, sort } => json!({"Delete": {
                "TableName": self.table,
                "Key": {"pk": {"S": partition}, "sk": {"S": sort}},
            }}),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct QueryOutput {
    items: Vec<BTreeMap<String, Attribute>>,
    #[serde(default)]
    last_evaluated_key: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
struct Attribute {
    #[serde(default, rename = "S", alias = "N")]
    text: String,
}

impl From<BTreeMap<String, Attribute>> for Item {
    fn from(mut item: BTreeMap<String, Attribute>) -> Self {
        let mut text = |name: &str| item.remove(name).unwrap_or_default().text;
        let expires = text("expires").parse().ok().and_then(|second| Timestamp::from_second(second).ok());
        Self {
            partition: text("pk"),
            sort: text("sk"),
            text: text("text"),
            expires: expires.unwrap_or(Timestamp::MAX),
        }
    }
}

impl Store for LiveEmails<'_> {
    async fn items(&self, partition: &str, after: Option<&str>, limit: usize) -> Result<Vec<Item>, Failure> {
        let call = self.call(QUERY.name, self.table);
        let mut values = json!({":pk": {"S": partition}});
        let mut condition = "pk = :pk".to_owned();
        if let (Some(after), Value::Object(values)) = (after, &mut values) {
            values.insert(":after".into(), json!({"S": after}));
            condition.push_str(" AND sk > :after");
        }
        let mut input = json!({
            "TableName": self.table,
            "ConsistentRead": true,
            "Limit": limit,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": values,
        });
        let (mut items, mut seen) = (Vec::new(), PageTokens::default());
        loop {
            let page = call.send(self.dynamodb.send::<QueryOutput>(QUERY, &input, None)).await?;
            items.extend(page.items.into_iter().map(Item::from));
            // A page has at most 1 MB, and may have fewer items than the limit.
            let more = page.last_evaluated_key.filter(|_| items.len() < limit);
            let (Some(key), Value::Object(fields)) = (more, &mut input) else {
                items.truncate(limit);
                return Ok(items);
            };
            seen.add(Some(&key.to_string())).map_err(|problem| call.invalid_response(problem))?;
            fields.insert("ExclusiveStartKey".into(), key);
        }
    }

    async fn write(&self, writes: &[Write], now: Timestamp) -> Result<bool, Failure> {
        let call = self.call(WRITE.name, self.table);
        let items: Vec<Value> = writes.iter().map(|write| self.change(write, now)).collect();
        let input = json!({ "TransactItems": items });
        match call.send(self.dynamodb.send::<IgnoredAny>(WRITE, &input, None)).await {
            Ok(_) => Ok(true),
            Err(failure) if failure.code() == Some(CANCELED) && failure.cause().contains(EXISTS) => Ok(false),
            Err(failure) => Err(failure),
        }
    }
}

impl Topics for LiveEmails<'_> {
    async fn publish(&self, topic: &str, subject: &str, body: &str) -> Result<(), Failure> {
        let form = Form::new(PUBLISH, SNS_VERSION)
            .with("TopicArn", topic)
            .with("Subject", subject)
            .with("Message", body);
        self.call(PUBLISH, topic).send(self.sns.submit(PUBLISH, form)).await
    }
}
